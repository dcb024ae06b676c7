/*
 * chart - a batch's profile as the gnuplot commands of its picture.
 *
 * Which picture suits it is chart_choice's to say, how anything from the file gets into commands
 * chart_text's. The same profile gives the same commands.
 */
#ifndef CONSUMER_CHART_H
#define CONSUMER_CHART_H

#include "common/text.h"
#include "consumer/chart/chart_terminal.h"
#include "consumer/profile/profile.h"

/* Appends the commands of one picture; see text_failed(). */
void chart_write(struct text *script, const char *key, const struct profile *profile,
                 const struct chart_format *format);

#endif
