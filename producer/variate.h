/*
 * variate - numbers that follow a distribution, drawn from a stream of random ones: the same
 * doubles on every machine, since nothing but + - * / sqrt and `elementary` makes them.
 *
 * Sources: the normal by ratio of uniforms, Leva, "A fast normal random number generator", ACM TOMS
 * 18(4), 1992, which asks for a logarithm in one of a hundred draws and for no table; what is the
 * image of one uniform number by its inverse distribution function (Devroye, "Non-uniform random
 * variate generation", 1986, ch. 2).
 */
#ifndef PRODUCER_VARIATE_H
#define PRODUCER_VARIATE_H

#include "producer/random.h"

/* Mean 0, standard deviation 1. */
double variate_normal(struct random_state *random);

/* e to the power of a normal number with this mean and standard deviation. */
double variate_lognormal(struct random_state *random, double mean, double sd);

/* Mean `mean`, from 0 on. */
double variate_exponential(struct random_state *random, double mean);

/* From `least` on; above x there is a share of (least / x)^shape. */
double variate_pareto(struct random_state *random, double least, double shape);

#endif
