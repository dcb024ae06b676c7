#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/power_of_five.h"
#include "tests/unit/support.h"

__extension__ typedef unsigned __int128 wide;

static wide bits_of(int exponent)
{
    struct power_of_five power = power_of_five(exponent);
    return (wide)power.high << 64 | power.low;
}

START_TEST(the_powers_of_five_that_128_bits_hold_are_exact)
{
    wide power = 1;
    for (int exponent = 0; exponent <= 55; exponent++, power *= 5) {
        wide bits = power;
        while (bits >> 127 == 0)
            bits <<= 1;
        ck_assert_msg(bits_of(exponent) == bits, "5^%d", exponent);
    }
}
END_TEST

START_TEST(every_power_of_five_begins_with_a_one)
{
    for (int exponent = POWER_OF_FIVE_MIN; exponent <= POWER_OF_FIVE_MAX; exponent++)
        ck_assert_msg(power_of_five(exponent).high >> 63 == 1, "5^%d", exponent);
}
END_TEST

/*
 * Five times the bits of a power, halved two or three times, are those of the next, but for what
 * the first had lost, which is less than one unit, and five of them less than three after halving.
 */
START_TEST(each_power_of_five_is_five_times_the_one_before)
{
    for (int exponent = POWER_OF_FIVE_MIN; exponent < POWER_OF_FIVE_MAX; exponent++) {
        wide bits = bits_of(exponent);
        wide next = bits + (bits >> 2); /* 5/4, and if that is beyond 128 bits, 5/8 */
        if (next < bits)
            next = next >> 1 | (wide)1 << 127;
        wide found = bits_of(exponent + 1);
        wide apart = found > next ? found - next : next - found;
        ck_assert_msg(apart <= 2, "5^%d", exponent + 1);
    }
}
END_TEST

/* The first and the last, cut off and rounded up, computed by another program (Python's integers).
 */
START_TEST(the_ends_of_the_powers_of_five_are_known)
{
    ck_assert_uint_eq(power_of_five(308).high, UINT64_C(0x8e679c2f5e44ff8f));
    ck_assert_uint_eq(power_of_five(308).low, UINT64_C(0x570f09eaa7ea7648));
    ck_assert_uint_eq(power_of_five(-1).high, UINT64_C(0xcccccccccccccccc));
    ck_assert_uint_eq(power_of_five(-1).low, UINT64_C(0xcccccccccccccccd));
    ck_assert_uint_eq(power_of_five(-342).high, UINT64_C(0xeef453d6923bd65a));
    ck_assert_uint_eq(power_of_five(-342).low, UINT64_C(0x113faa2906a13b40));
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("common_power_of_five", the_powers_of_five_that_128_bits_hold_are_exact,
                       every_power_of_five_begins_with_a_one,
                       each_power_of_five_is_five_times_the_one_before,
                       the_ends_of_the_powers_of_five_are_known);
}
