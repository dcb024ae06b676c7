// Polars' describe() of a CSV file: node polars.cjs FILE; without arguments, its version.
const polars = require("nodejs-polars");

if (process.argv.length < 3) console.log(polars.default.version);
else console.log(polars.readCSV(process.argv[2]).describe().toString());
