#include "consumer/batch/settled.h"

#include "tests/unit/support.h"

START_TEST(settled_batches_are_found_whatever_the_order_in_which_they_were_noted)
{
    struct settled settled = {0};
    static const uint64_t NUMBERS[] = {7, 3, 100000, 1, 3, 7, 2};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        ck_assert(settled_note(&settled, NUMBERS[i], NUMBERS[i] * 10));
    ck_assert_ptr_null(settled_find(&settled, 7));
    ck_assert(settled_merge(&settled));
    ck_assert_uint_eq(settled.count, 5);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        ck_assert_uint_eq(settled_find(&settled, NUMBERS[i])->fingerprint, NUMBERS[i] * 10);
    ck_assert_ptr_null(settled_find(&settled, 4));
    ck_assert_ptr_null(settled_find(&settled, 0));
    settled_free(&settled);
}
END_TEST

START_TEST(settled_keeps_the_fingerprint_that_it_has)
{
    struct settled settled = {0};
    ck_assert(settled_note(&settled, 5, 50));
    ck_assert(settled_merge(&settled));
    ck_assert(settled_note(&settled, 5, 0));
    ck_assert(settled_note(&settled, 4, 40));
    ck_assert(settled_merge(&settled));
    ck_assert_uint_eq(settled.count, 2);
    ck_assert_uint_eq(settled_find(&settled, 5)->fingerprint, 50);
    settled_free(&settled);
}
END_TEST

START_TEST(settled_forgets_what_a_listing_did_not_meet_unless_somebody_looks_into_it)
{
    struct settled settled = {0};
    for (uint64_t number = 1; number <= 4; number++)
        ck_assert(settled_note(&settled, number, number));
    ck_assert(settled_merge(&settled));
    settled_begin_listing(&settled);
    settled_find(&settled, 2)->listed = 1;
    settled_find(&settled, 3)->sighted = 1;
    settled_forget(&settled);
    ck_assert_uint_eq(settled.count, 2);
    ck_assert_ptr_nonnull(settled_find(&settled, 2));
    ck_assert_ptr_nonnull(settled_find(&settled, 3));
    settled_free(&settled);
}
END_TEST

START_TEST(settled_costs_16_bytes_a_batch)
{
    ck_assert_uint_eq(sizeof(struct settled_batch), 16);
}
END_TEST

int main(void)
{
    return SUPPORT_RUN("consumer_settled",
                       settled_batches_are_found_whatever_the_order_in_which_they_were_noted,
                       settled_keeps_the_fingerprint_that_it_has,
                       settled_forgets_what_a_listing_did_not_meet_unless_somebody_looks_into_it,
                       settled_costs_16_bytes_a_batch);
}
