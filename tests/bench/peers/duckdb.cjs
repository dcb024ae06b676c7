// DuckDB's SUMMARIZE of a CSV file: node duckdb.cjs FILE THREADS; without arguments, its version.
const { DuckDBInstance, version } = require("@duckdb/node-api");

async function main(file, threads) {
    const instance = await DuckDBInstance.create(":memory:", { threads });
    const connection = await instance.connect();
    const path = file.replaceAll("'", "''");
    const answer = await connection.runAndReadAll(`SUMMARIZE SELECT * FROM read_csv('${path}')`);
    for (const row of answer.getRows()) console.log(row.map(String).join("\t"));
}

if (process.argv.length < 4) console.log(version());
else main(process.argv[2], process.argv[3]);
