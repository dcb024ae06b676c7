#!/usr/bin/env bash
# Names and labels that would be commands, and a gnuplot that is missing, hangs, dies or lies.
# shellcheck disable=SC2317,SC2016 # check calls the functions; what is quoted is for another shell
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib.sh
source tests/lib.sh
# shellcheck source=tests/lib-daemons.sh
source tests/lib-daemons.sh

gnuplot=$(command -v gnuplot || true)
executed=$work/executed # any word that was executed leaves a file here

# ---- hostile words --------------------------------------------------------------------------------

long_word() { head -c 10000 /dev/zero | tr '\0' w; }

# hostile KEY WORD: WORD as a column's name, and as a label of two rows.
hostile() {
    local word=${2//\"/\"\"}
    printf '"%s",value\n"%s",1\nother,2\n"%s",3\n' "$word" "$word" "$word" >"$dir/data_$1.csv"
}

put_hostile_words() {
    hostile backticks "\`touch $executed/backticks\`"
    hostile system "'.system(\"touch $executed/system\").'"
    hostile double "\".system('touch $executed/double').\""
    hostile shell $'x\n!touch '"$executed/shell"
    hostile command $'x\nset output "'"$executed/command"$'"\nreplot'
    hostile pipe "| touch $executed/pipe"
    hostile EOD $'EOD\nEND\n$data << EOD'
    hostile e $'e\ne'
    hostile enhanced '{/Symbol a}_1^2 @x &{y} ~a{b}'
    hostile percent '%s%n%d %h'
    hostile backslash '\n\t\\ \042 x'
    hostile long "$(long_word)"
    hostile right-to-left 'العربية עברית'
    hostile emoji '🚀 👩‍👩‍👧'
    printf 'a\xff\xfe,value\n\xc3\x28,1\n' >"$dir/data_invalid.csv" # in the header, so it is rejected
    printf 'label,value\nx\xff\xfe,1\n\xc3\x28,2\n' >"$dir/data_invalid-cell.csv"
}

run_over_words() {
    fresh words
    mkdir "$executed"
    put_hostile_words
    "$consumer" --dir "$dir" --once --settle 200ms --chart svg >"$dir/consumer.out" 2>&1 || true
    "$consumer" --dir "$dir" --results "$dir/png" --once --settle 200ms >"$dir/consumer.out" 2>&1 || true
}

words_drawn() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    grep -qF -- "$2" "$results/plot_$1.svg" || fail "the chart of $1 does not hold '$2'"
}

every_hostile_word_is_drawn_and_nothing_is_executed() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    count_is '.outcome == "processed" and .plot == "ok"' 15
    log=$dir/png/processed.log
    count_is '.outcome == "processed" and .plot == "ok"' 15
    [[ -z $(ls -A "$executed") ]] || fail "executed: $(ls "$executed")"
}

backticks_and_calls_are_drawn_literally() {
    words_drawn backticks "\`touch"
    words_drawn system '.system('
}

a_newline_and_a_shell_mark_stay_text() { words_drawn shell '!touch'; }

the_words_that_end_data_stay_text() {
    words_drawn EOD 'EOD END'
    words_drawn e 'e e'
}

marks_of_enhanced_text_are_drawn_literally() { words_drawn enhanced '{/Symbol a}_1^2'; }

a_percent_sign_is_drawn_as_it_stands() { words_drawn percent '<text>%s%n%d %h</text>'; }

the_title_of_an_svg_is_bold_and_as_large_as_in_a_png() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    grep -A1 'font-weight="bold" font-size="17.33"' "$results/plot_percent.svg" | grep -qF 'Batch percent' ||
        fail "no bold title in $(grep -B1 'Batch percent' "$results/plot_percent.svg")"
}

a_label_of_10000_characters_is_shortened() {
    words_drawn long 'wwwwwwww'
    ! grep -qE 'w{500}' "$results/plot_long.svg" || fail "500 letters of it are drawn"
}

right_to_left_text_and_emoji_are_drawn() {
    words_drawn right-to-left 'العربية'
    words_drawn emoji '🚀'
}

# U+10FFFD is for private use, and no font has it: pango would draw it as a box, and gnuplot that box over all the chart.
a_character_that_no_font_has_covers_nothing() {
    local character
    for character in '\xF4\x8F\xBF\xBD' '\xEF\xBF\xBD'; do
        fresh "glyph-${character//\\x/}"
        printf 'label,value\na%b,3\nb,7\n' "$character" >"$dir/data_1.csv"
        consume_once --settle 100ms
    done
    cmp "$work/glyph-F48FBFBD/results/plot_1.png" "$work/glyph-EFBFBD/results/plot_1.png"
}

# ---- another gnuplot ------------------------------------------------------------------------------

# put_gnuplot BEHAVIOUR: from here on it is the one in $dir/bin.
put_gnuplot() {
    mkdir "$dir/bin"
    cp "$tools/gnuplot-$1" "$dir/bin/gnuplot"
}

# with_gnuplot BEHAVIOUR: a directory of that name with one batch, and a consumer that finds this gnuplot. It ends by
# itself; its exit code is in exit, its id in pid.
with_gnuplot() {
    fresh "$1"
    put_gnuplot "$1"
    publish 1
    spawn bash -c 'PATH=$1/bin:$PATH "$2" --dir "$1" --once --settle 200ms --jobs 1 >"$1/consumer.out" 2>&1 & echo $! >"$1/pid"
        wait $!; echo $? >"$1/exit"' - "$dir" "$consumer"
}

# The trend is drawn after five seconds, by the only child there is, while nothing else is under way.
a_run_that_ends_leaves_nothing_out_while_its_only_gnuplot_draws_the_trend() {
    fresh slow
    put_gnuplot slow
    publish 22
    PATH=$dir/bin:$PATH "$consumer" --dir "$dir" --once --settle 100ms --jobs 1 --chart svg >"$dir/consumer.out" ||
        fail "exit $?: $(tail -1 "$dir/consumer.out")"
    [[ $(wc -l <"$log") -eq 22 && $(jq -s 'map(select(.plot == "ok")) | length' "$log") -eq 22 ]] || fail "$(tail -1 "$log")"
}

begin_all_gnuplots() {
    local behaviour
    for behaviour in hung with-children silent failing crashing endless truncated empty other; do with_gnuplot "$behaviour"; done
}

# Whether any process is that of $dir/bin/gnuplot, whatever it is called.
gnuplot_runs() { [[ -n $(find /proc -maxdepth 2 -name exe -lname "$dir/bin/gnuplot" 2>/dev/null) ]]; }
no_gnuplot_runs() { ! gnuplot_runs; }

# The summary stands, the record says that the chart failed, the log why, and no child is left.
chart_failed() {
    fresh "$1"
    eventually 30 test -s "$dir/exit"
    [[ $(cat "$dir/exit") -eq 0 ]] || fail "exit $(cat "$dir/exit"): $(tail -1 "$dir/consumer.out")"
    [[ $(of 1 outcome plot) == processed$'\t'failed ]] || fail "$(of 1 outcome plot)"
    jq -e '.record_count > 0' "$results/summary_1.json" >/dev/null
    [[ -z $(find "$results" -name 'plot_*' -o -name '*.tmp') ]] || fail "a chart: $(ls -A "$results")"
    grep -q "no charts: .*$2" "$dir/consumer.out" || fail "does not say '$2': $(grep 'no charts' "$dir/consumer.out")"
    no_gnuplot_runs || fail "a gnuplot is left"
}

a_gnuplot_that_sends_a_truncated_image_fails_the_chart_alone() {
    chart_failed truncated 'damaged image'
}

a_gnuplot_that_sends_an_empty_image_fails_the_chart_alone() {
    chart_failed empty 'no image'
}

a_gnuplot_that_sends_another_kind_of_image_fails_the_chart_alone() { chart_failed other 'damaged image'; }
a_gnuplot_that_exits_0_and_says_nothing_fails_the_chart_alone() { chart_failed silent 'died'; }
a_gnuplot_that_exits_1_is_quoted_in_the_log() { chart_failed failing 'no font'; }
a_gnuplot_that_crashes_fails_the_chart_alone() { chart_failed crashing 'died'; }
a_gnuplot_that_sends_without_end_fails_the_chart_alone() { chart_failed endless 'more than an image'; }

while_a_gnuplot_hangs_the_consumer_has_no_other_child() {
    fresh hung
    [[ ! -s $dir/exit ]] || skip "its deadline has passed already"
    [[ $(children_of "$(cat "$dir/pid")" | wc -l) -eq 1 ]] || fail "children: $(children_of "$(cat "$dir/pid")")"
    [[ ! -s $log && -e $results/summary_1.json ]]
}

a_gnuplot_that_hangs_costs_no_time_of_ours() {
    fresh hung
    [[ ! -s $dir/exit ]] || skip "its deadline has passed already"
    local before
    before=$(cpu_ticks "$(cat "$dir/pid")")
    sleep 1
    [[ $(($(cpu_ticks "$(cat "$dir/pid")") - before)) -le 10 ]] || fail "$(($(cpu_ticks "$(cat "$dir/pid")") - before)) ticks in a second"
}

no_gnuplot_is_left_after_sigkill() {
    fresh killed
    put_gnuplot hung
    publish 4
    PATH=$dir/bin:$PATH spawn "$consumer" --dir "$dir" --jobs 4 >"$dir/consumer.out"
    eventually 5 test -e "$results/summary_4.json"
    eventually 5 gnuplot_runs
    kill -KILL "$spawned"
    wait "$spawned" || true
    eventually 3 no_gnuplot_runs
    [[ ! -s $log ]]
}

a_gnuplot_that_hangs_is_killed_at_its_deadline_and_reaped() {
    chart_failed hung 'took too long'
    chart_failed with-children 'took too long'
}

# ---- how they look --------------------------------------------------------------------------------

# blurred PNG: one pixel of eight by eight. Releases of gnuplot and of the fonts' renderer differ by less than that.
blurred() { pngtopam "$1" | pamscale -quiet -reduce 8; }

# The largest difference of a channel, of 255. A palette of 64 colours makes 4, a label that is missing 48, another blue 39.
difference() {
    blurred "$1" >"$work/one.pam"
    blurred "$2" >"$work/other.pam"
    pamarith -difference "$work/one.pam" "$work/other.pam" | pamsumm -max -brief
}

each_kind_of_chart_looks_as_in_the_document() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    type -P pamscale >/dev/null || skip "needs netpbm"
    mkdir "$work/pictures"
    scripts/pictures.sh "$work/pictures"
    local picture name apart
    for picture in docs/images/charts/*.png; do
        name=${picture##*/}
        apart=$(difference "$picture" "$work/pictures/$name")
        [[ $apart -le 30 ]] || fail "$name differs by $apart of 255"
    done
}

# width_of PNG, in pixels.
width_of() { od -An -tu1 -j16 -N4 "$1" | awk '{print (($1 * 256 + $2) * 256 + $3) * 256 + $4}'; }

charts_have_the_size_and_the_density_that_are_asked_for() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    fresh sizes
    printf 'label,value\na,1\nb,2\n' >"$dir/data_bars.csv"
    printf 'time,value\n2026-01-01,1\n2026-01-02,2\n' >"$dir/data_lines.csv"
    "$consumer" --dir "$dir" --once --settle 100ms --chart-size 400x300@2
    [[ $(width_of "$results/plot_bars.png") -eq 800 && $(width_of "$results/plot_lines.png") -eq 800 ]]
    "$consumer" --dir "$dir" --results "$dir/svg" --once --settle 100ms --chart svg --chart-size 400x300@2
    grep -q 'width="400"' "$dir/svg/plot_bars.svg"
}

# Bars are gd's, lines cairo's; a child that changes between them takes nothing along.
charts_of_two_terminals_by_turns_are_as_if_alone() {
    [[ -n $gnuplot ]] || skip "needs gnuplot"
    local kind key
    for kind in png svg; do
        fresh "alone-$kind"
        for key in 1 2 3 4; do
            printf 'label,value\na,%d\nb,2\n' "$key" >"$dir/data_$key.csv"
            [[ $((key % 2)) -eq 1 ]] || printf 'time,value\n2026-01-01,%d\n2026-01-02,2\n' "$key" >"$dir/data_$key.csv"
        done
        "$consumer" --dir "$dir" --once --settle 100ms --chart "$kind" --jobs 1
        for key in 1 2 3 4; do
            mkdir -p "$dir/$key"
            cp "$dir/data_$key.csv" "$dir/$key/"
            "$consumer" --dir "$dir/$key" --once --settle 100ms --chart "$kind" --jobs 1
            cmp "$results/plot_$key.$kind" "$dir/$key/results/plot_$key.$kind"
        done
    done
}

begin_all_gnuplots
run_over_words
for name in $(tests_of "${BASH_SOURCE[0]}"); do check "$name"; done
finish charts
