#include "common/power_of_five.h"

#include <stddef.h>
#include <threads.h>

/* A natural number of 1024 bits, the least 32 first: room for 5^308, and for 5^-342 times 2^1023
   to the 228th bit. */
#define LIMBS 32

static struct power_of_five table[POWER_OF_FIVE_MAX - POWER_OF_FIVE_MIN + 1];

static void multiply_by_five(uint32_t limbs[LIMBS])
{
    uint64_t carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)limbs[i] * 5;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* Cut off at each step, which is the same as cut off once: no bit that is kept ever changes. */
static void divide_by_five(uint32_t limbs[LIMBS])
{
    uint64_t rest = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / 5);
        rest %= 5;
    }
}

/* 64 bits of 96, from the first that is 1 in `a`, which is `shift` from its top, on. */
static uint64_t join(uint64_t a, uint64_t b, uint64_t c, int shift)
{
    return (a << 32 | b) << shift | c << shift >> 32;
}

static struct power_of_five leading_bits(const uint32_t limbs[LIMBS])
{
    size_t top = LIMBS - 1;
    while (limbs[top] == 0)
        top--;
    uint32_t leading[5] = {0};
    for (size_t i = 0; i < 5 && i <= top; i++)
        leading[i] = limbs[top - i];
    int shift = __builtin_clz(leading[0]);
    return (struct power_of_five){join(leading[0], leading[1], leading[2], shift),
                                  join(leading[2], leading[3], leading[4], shift)};
}

static void fill_table(void)
{
    uint32_t power[LIMBS] = {1};
    for (int exponent = 0; exponent <= POWER_OF_FIVE_MAX; exponent++) {
        table[exponent - POWER_OF_FIVE_MIN] = leading_bits(power);
        multiply_by_five(power);
    }
    uint32_t reciprocal[LIMBS] = {[LIMBS - 1] = UINT32_C(1) << 31};
    for (int exponent = -1; exponent >= POWER_OF_FIVE_MIN; exponent--) {
        divide_by_five(reciprocal);
        struct power_of_five bits = leading_bits(reciprocal);
        bits.low++; /* no negative power ends, so this is rounding up */
        bits.high += bits.low == 0 ? 1 : 0;
        table[exponent - POWER_OF_FIVE_MIN] = bits;
    }
}

struct power_of_five power_of_five(int exponent)
{
    static once_flag filled = ONCE_FLAG_INIT;
    call_once(&filled, fill_table);
    return table[exponent - POWER_OF_FIVE_MIN];
}
