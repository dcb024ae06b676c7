#include <math.h>
#include <stdint.h>

#include "producer/elementary.h"
#include "tests/unit/chance.h"
#include "tests/unit/support.h"

/* How far apart two numbers are, in units of the last place of the true one. */
static double units_off(double computed, long double exact)
{
    double rounded = (double)exact;
    double unit = nextafter(fabs(rounded), INFINITY) - fabs(rounded);
    return (double)(fabsl((long double)computed - exact) / (long double)unit);
}

START_TEST(elementary_log_is_within_two_units_of_the_last_place)
{
    uint64_t chance = 1;
    double worst = 0;
    for (int i = 0; i < 300000; i++) {
        double x = ldexp(chance_share(&chance) + 0x1p-60, (int)chance_below(&chance, 200) - 100);
        worst = fmax(worst, units_off(elementary_log(x), logl((long double)x)));
    }
    for (int i = 1; i < 32768; i++) { /* around 1, where nothing may cancel */
        double x = i * 0x1p-14 + 0x1p-40;
        worst = fmax(worst, units_off(elementary_log(x), logl((long double)x)));
    }
    ck_assert_msg(worst < 2, "%g units", worst);
}
END_TEST

START_TEST(elementary_exp_is_within_two_units_of_the_last_place)
{
    uint64_t chance = 2;
    double worst = 0;
    for (int i = 0; i < 300000; i++) {
        double x = (chance_share(&chance) - 0.5) * (i % 2 == 0 ? 1400 : 4);
        worst = fmax(worst, units_off(elementary_exp(x), expl((long double)x)));
    }
    ck_assert_msg(worst < 2, "%g units", worst);
}
END_TEST

START_TEST(elementary_sine_of_turns_is_within_the_last_place_of_one)
{
    const long double two_pi = 2 * acosl(-1.0L);
    uint64_t chance = 3;
    double worst = 0;
    for (int i = 0; i < 300000; i++) {
        double turns = (chance_share(&chance) - 0.5) * 8;
        long double exact = sinl(((long double)turns - floorl((long double)turns)) * two_pi);
        worst = fmax(worst, (double)fabsl((long double)elementary_sine_of_turns(turns) - exact));
    }
    ck_assert_msg(worst < 0x1p-52, "%g", worst);
}
END_TEST

START_TEST(elementary_functions_are_exact_where_their_values_are)
{
    ck_assert(elementary_log(1) == 0);
    ck_assert(elementary_exp(0) == 1);
    ck_assert(elementary_log(0x1p-53) == -53 * 0x1.62e42fefa39efp-1);
    static const double turns[] = {-3, -1, 0, 1, 2, 1000, 1e9};
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        double turn = turns[i];
        ck_assert(elementary_sine_of_turns(turn) == 0);
        ck_assert(elementary_sine_of_turns(turn + 0.25) == 1);
        ck_assert(elementary_sine_of_turns(turn + 0.5) == 0);
        ck_assert(elementary_sine_of_turns(turn + 0.75) == -1);
    }
}
END_TEST

/* A checksum of the bits of many results: another on a machine that rounds or contracts otherwise.
 */
START_TEST(elementary_functions_are_the_same_bits_on_every_machine)
{
    uint64_t chance = 4;
    uint64_t sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = chance_share(&chance) + 0x1p-54;
        const double results[] = {elementary_log(x), elementary_exp(x * 100 - 50),
                                  elementary_sine_of_turns(x * 1000)};
        for (size_t j = 0; j < 3; j++) {
            union {
                double number;
                uint64_t bits;
            } result = {results[j]};
            sum = (sum ^ result.bits) * UINT64_C(0x100000001b3);
        }
    }
    ck_assert_uint_eq(sum, UINT64_C(18170997008396565364));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("producer_elementary", elementary_log_is_within_two_units_of_the_last_place,
                       elementary_exp_is_within_two_units_of_the_last_place,
                       elementary_sine_of_turns_is_within_the_last_place_of_one,
                       elementary_functions_are_exact_where_their_values_are,
                       elementary_functions_are_the_same_bits_on_every_machine);
}
