/*
 * elementary - logarithm, exponential and sine that are the same doubles on every machine.
 *
 * A C library's are not: none promises correct rounding, and two of them differ in the last bit.
 * These are series, cut off where what follows is less than half of the last bit, and use nothing
 * but + - * / and exact steps (floor, frexp, ldexp), which IEEE 754 leaves no choice for; that no
 * multiplication is contracted with an addition is the build's promise (-ffp-contract=off).
 *
 * Reduction and series are the textbook's (Muller, "Elementary Functions", 3rd ed., 2016, ch. 11):
 * the coefficients are 1/n and 1/n!, so none has to be believed.
 */
#ifndef PRODUCER_ELEMENTARY_H
#define PRODUCER_ELEMENTARY_H

/* The natural logarithm of a finite x > 0, within 2 units of the last place. */
double elementary_log(double x);

/* e to the x, within 2 units of the last place, for x from -700 to 700. */
double elementary_exp(double x);

/*
 * The sine of 2 pi times x, for a finite x of less than 2^52, within 2^-52: whole turns are taken
 * off exactly, so quarters give 0, 1, 0 and -1.
 */
double elementary_sine_of_turns(double x);

#endif
