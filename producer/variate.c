#include "producer/variate.h"

#include <math.h>

#include "producer/elementary.h"

/* From above 0 to 1, both as a logarithm needs it. */
static double share_above_zero(struct random_state *random)
{
    return 1 - random_share(random);
}

/*
 * A point (u, v) of a rectangle; those in a shape that u^2 <= exp(-(v/u)^2 / 2) bounds have v/u
 * normal. Two ellipses, one within the shape and one around it, decide nearly always. The
 * constants are Leva's.
 */
double variate_normal(struct random_state *random)
{
    for (;;) {
        double u = share_above_zero(random);
        double v = 1.7156 * (random_share(random) - 0.5);
        double x = u - 0.449871;
        double y = fabs(v) + 0.386595;
        double q = x * x + y * (0.19600 * y - 0.25472 * x);
        if (q < 0.27597)
            return v / u;
        if (q < 0.27846 && v * v <= -4 * elementary_log(u) * u * u)
            return v / u;
    }
}

double variate_lognormal(struct random_state *random, double mean, double sd)
{
    return elementary_exp(mean + sd * variate_normal(random));
}

double variate_exponential(struct random_state *random, double mean)
{
    return -mean * elementary_log(share_above_zero(random));
}

double variate_pareto(struct random_state *random, double least, double shape)
{
    return least * elementary_exp(-elementary_log(share_above_zero(random)) / shape);
}
