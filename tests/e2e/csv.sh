#!/usr/bin/env bash
# What may be in a data file: damage is rejected with its place, and what is odd has one defined answer.
# shellcheck disable=SC2317 # check calls the functions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

# csv KEY FORMAT: a data file with these bytes, as printf writes them.
# shellcheck disable=SC2059
csv() { printf "$2" >"$dir/data_$1.csv"; }
count_stated() { echo "{\"record_count\": $2}" >"$dir/metadata_$1.json"; }
summary() { jq -c "$2" "$results/summary_$1.json"; }
summary_is() { jq -e "$2" "$results/summary_$1.json" >/dev/null || fail "$1: not $2: $(jq -c . "$results/summary_$1.json")"; }
chart_says() { grep -qF -- "$2" "$results/plot_$1.svg" || fail "the chart of $1 does not say '$2'"; }

put_damage() {
    csv unclosed 'a,b\n1,x\n2,"y\n3,z\n'
    csv stray 'a,b\n1,x\n2,y"z\n3,w\n'
    csv behind 'a,b\n1,x\n2,"y"z\n3,w\n'
    csv nul 'a,b\n1,x\n2,y\0z\n'
    csv header 'a,\xff\n1,x\n'
    { printf 'a,b\n1,' && head -c 64M /dev/zero | tr '\0' x && echo; } >"$dir/data_field.csv"
    { echo a,b && head -c 64M /dev/zero | tr '\0' , && echo; } >"$dir/data_commas.csv"
    csv long-row 'a,b\n1,x\n2,y,z\n'
    csv short-row 'a,b\n1,x\n2\n'
    csv more-rows 'a,b\n1,x\n2,y\n3,z\n' && count_stated more-rows 2
    csv fewer-rows 'a,b\n1,x\n2,y\n' && count_stated fewer-rows 3
}

put_line_ends() {
    csv lf 'a,b\n1,x\n2,"y\nz"\n'
    csv crlf 'a,b\r\n1,x\r\n2,"y\nz"\r\n'
    csv cr 'a,b\r1,x\r2,"y\nz"\r'
    csv mixed 'a,b\r\n1,x\n2,"y\nz"\r'
    csv no-last-end 'a,b\n1,x\n2,"y\nz"'
    csv bom '\xef\xbb\xbfa,b\n1,x\n2,"y\nz"\n'
}

put_odd_values() {
    csv empty ''
    csv header-alone 'a,b\n'
    csv nan 'a\nNaN\nnan\nNAN\n'
    csv infinite 'a\ninf\n-inf\nInfinity\n'
    csv beyond 'a\n1e999\n-1e999\n'
    csv high-sum 'a\n1.5e308\n1.6e308\n1.7e308\n'
    csv comma 'a,b\n"1,5",x\n"2,5",y\n'
    csv hex 'a,b\n0x10,x\n0x1p3,y\n'
    csv formula "a,b\n=cmd|'/c calc'!A1,1\n=1+1,2\n"
}

run_over_cases() {
    fresh run
    put_damage
    put_line_ends
    put_odd_values
    csv good 'a,b\n1,x\n'
    timeout 60 "$consumer" --dir "$dir" --once --settle 200ms --chart svg >"$dir/consumer.out" 2>&1 && echo 0 >"$work/exit" || echo $? >"$work/exit"
}

a_run_over_all_cases_ends_and_exits_65() {
    [[ $(cat "$work/exit") -eq 65 ]] || fail "exit $(cat "$work/exit"): $(tail -1 "$dir/consumer.out")"
    processed good
}

# ---- damage ---------------------------------------------------------------------------------------

an_unclosed_quote_is_rejected_where_it_opens() { rejected unclosed unclosed-quote 'line 3, column 2'; }
a_quote_inside_a_cell_is_rejected_with_its_place() { rejected stray stray-quote 'line 3, column 2'; }
text_behind_a_quote_is_rejected_and_its_phantom_row_discarded() { rejected behind stray-quote 'line 3, column 2'; }
a_nul_byte_is_rejected_with_its_place() { rejected nul nul-byte 'line 3, column 2'; }
a_header_that_is_no_utf8_is_rejected_with_its_place() { rejected header encoding-error 'line 1, column 2'; }
a_field_of_64_mib_is_rejected_with_its_place() { rejected field too-large 'line 2, column 2'; }
a_row_of_64_million_commas_is_rejected_with_its_place() {
    rejected commas too-large 'line 2, column '
    [[ $(field commas detail) =~ column\ [0-9]{1,6}: ]] || fail "noticed late: $(field commas detail)"
}
a_row_with_a_cell_too_many_is_rejected_with_its_place() { rejected long-row extra-cell 'line 3, column 3'; }
a_row_with_a_cell_too_few_is_rejected_with_its_place() { rejected short-row missing-cell 'line 3, column 2'; }

rows_other_than_the_metadata_states_are_rejected() {
    rejected more-rows row-count-mismatch '3 rows, the metadata states 2'
    rejected fewer-rows row-count-mismatch '2 rows, the metadata states 3'
}

# ---- line ends and marks --------------------------------------------------------------------------

every_line_end_and_a_byte_order_mark_give_the_same_rows() {
    local key same='del(.key, .file, .bytes, .sha256, .dialect)'
    summary_is lf '.record_count == 2 and .columns[0].name == "a" and .columns[1].max == "y\nz"'
    for key in crlf cr mixed no-last-end bom; do
        [[ $(summary "$key" "$same") == "$(summary lf "$same")" ]] || fail "$key differs from lf"
    done
    summary_is bom '.dialect.bom'
    summary_is mixed '.dialect.line_ending == "mixed"'
    summary_is cr '.dialect.line_ending == "cr"'
}

# ---- odd values -----------------------------------------------------------------------------------

a_file_of_0_bytes_has_an_empty_summary_and_a_chart_that_says_so() {
    processed empty
    summary_is empty '.record_count == 0 and .column_count == 0 and .columns == []'
    chart_says empty 'no data'
}

a_header_alone_has_columns_without_values_and_a_chart_that_says_so() {
    processed header-alone
    summary_is header-alone '.record_count == 0 and [.columns[].name] == ["a", "b"] and all(.columns[]; .count == 0 and .min == null)'
    chart_says header-alone 'no data'
}

values_that_are_not_finite_give_valid_json_and_a_chart_that_says_so() {
    local key
    for key in nan infinite beyond; do
        processed "$key"
        summary_is "$key" '.columns[0] | .type == "number" and .nonfinite == .count and .mean == null and .sum == 0 and .max == null'
        [[ $(field "$key" plot) == ok ]]
        chart_says "$key" 'no data'
    done
}

a_sum_beyond_1e308_is_null_and_not_infinite() {
    summary_is high-sum '.columns[0] | .count == 3 and .nonfinite == 0 and .sum == null and .mean > 1.59e308 and .mean < 1.61e308'
}

decimal_commas_and_hexadecimal_numbers_are_text() {
    summary_is comma '.columns[0] | .type == "string" and .max == "2,5"'
    summary_is hex '.columns[0] | .type == "string" and .min == "0x10"'
}

no_locale_changes_a_byte_of_any_summary() {
    local other=$work/other file locale
    mkdir -p "$work/locales" "$other"
    locale=$(locale -a 2>/dev/null | grep -iE '^(de|fr|es|it|nl)_' | head -n 1) || true
    if [[ -z $locale ]]; then
        localedef -i de_DE -f UTF-8 "$work/locales/de_DE.UTF-8" 2>/dev/null || skip "no locale with a decimal comma"
        locale=de_DE.UTF-8
        export LOCPATH=$work/locales
    fi
    [[ $(LC_ALL=$locale printf '%.1f' 1,5 2>/dev/null) == 1,5 ]] || skip "no locale with a decimal comma"
    LC_ALL=$locale LC_NUMERIC=$locale "$consumer" --dir "$dir" --results "$other" --once --settle 200ms --chart none >"$said" 2>&1 || [[ $? -eq 65 ]]
    for file in "$results"/summary_*.json; do cmp "$file" "$other/${file##*/}"; done
}

a_formula_is_text_and_no_more() {
    summary_is formula '.columns[0] | .type == "string" and .max == "=cmd|'"'/c calc'"'!A1" and .distinct == 2'
    chart_says formula "=cmd|'/c calc'!A1"
}

run_over_cases
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish csv
