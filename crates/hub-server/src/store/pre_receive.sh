#!/bin/sh
# Refuses a push with a file that leads to LFS content which the repository has not, with a card whose metadata cannot be read, or with what
# is too much: folders more than 64 deep, paths of more than 4096 bytes, files of more than 32 MiB, or a branch like a commit. git runs it
# before any ref moves.
# HUB_PUSH is a folder of this push alone; its file `objects` has a line "OID SIZE" for each content that is here. Who has the pipe `asked`
# open looks through `cards` and says in `refused` what is wrong with one, before it answers.
export LC_ALL=C
# Opened at once: later nobody may be there who has the other ends.
[ ! -p "$HUB_PUSH/asked" ] || exec 3<"$HUB_PUSH/answered" 4>"$HUB_PUSH/asked"
failed() { echo "the push could not be checked: $1" >&2; exit 1; }
# What is taken for HEAD, for a commit or for an option by whoever reads it names no branch and no tag.
check_name() {
    case $1 in
        refs/heads/*) name=${1#refs/heads/} ;;
        *) name=${1#refs/tags/} ;;
    esac
    case $name in
        @ | HEAD | -* | refs/*) ;;
        *[!0-9a-fA-F]*) return ;;
        *) [ ${#name} -eq 40 ] || return ;;
    esac
    echo "$1 cannot be made: the name stands for something else" >"$HUB_PUSH/refused"
}
tips=$(while read -r old new ref; do
    case $new in
        *[!0]*) echo "$new" ;;
        *) continue ;;
    esac
    case $old in *[!0]*) ;; *) check_name "$ref" ;; esac
    case $ref in refs/heads/*) echo "$old $new" >>"$HUB_PUSH/branches" ;; esac
done)
[ -n "$tips" ] || exit 0
# What is too much, in lines whose path begins in column `skip`. It stops at the first: what follows may be longer than any disk.
limits='
    function refuse(why) { print why >refused; exit }
    { path = substr($0, skip) }
    length(path) > 4096 { refuse("it has a path of more than 4096 bytes") }
    split(path, parts, "/") > 64 { refuse("folders may be nested 64 deep at most") }
    { for (part in parts) if (length(parts[part]) > 255) refuse("it has a name of more than 255 bytes") }
    skip == 1 && /^".*\\[^"]/ { refuse("it has a name with a control character or a backslash: " path) }
    NR > most { refuse("it has more than " most " files and folders") }
    { print }'
check() {
    awk -v refused="$HUB_PUSH/refused" -v skip="$1" -v most="$2" "$limits" || failed "its paths cannot be read"
}
stop_if_refused() {
    [ -s "$HUB_PUSH/refused" ] || return 0
    echo "Your push was rejected: $(cat "$HUB_PUSH/refused")" >&2
    exit 1
}
stop_if_refused
# shellcheck disable=SC2086 # several words
{ git rev-list --objects $tips --not --all || echo broken >"$HUB_PUSH/broken"; } |
    check 42 2000000 >"$HUB_PUSH/listed" || exit 1
stop_if_refused
[ ! -e "$HUB_PUSH/broken" ] || failed "its objects cannot be listed"
# An object that is here already, or is there twice, is listed above in one place at most, or in none.
for tip in $tips; do
    grep -q "^$tip" "$HUB_PUSH/listed" || continue
    tree=$(git rev-parse --verify --quiet "$tip^{tree}") || continue
    { git -c core.quotePath=false ls-tree -r -t --full-tree --name-only "$tree" || echo broken >"$HUB_PUSH/broken"; } |
        check 1 1000000 >/dev/null || exit 1
    stop_if_refused
    [ ! -e "$HUB_PUSH/broken" ] || failed "its files cannot be listed"
done
cut -d ' ' -f 1 "$HUB_PUSH/listed" |
    git cat-file --batch-check='%(objectname) %(objecttype) %(objectsize)' >"$HUB_PUSH/sizes" ||
    failed "its objects cannot be read"
large=$(awk '$2 == "blob" && $3 > 33554432 { print $1; exit }' "$HUB_PUSH/sizes")
if [ -n "$large" ]; then
    echo "Your push was rejected because it contains files larger than 32 MiB. Please use git-lfs to store large files." >&2
    echo "The first is \"$(grep "^$large " "$HUB_PUSH/listed" | head -n 1 | cut -d ' ' -f 2-)\"" >&2
    exit 1
fi
# The cards at the tips of branches, before (1) or after (2) the push.
cards_of() {
    awk -v which="$1" '{ print $which ":README.md" }' "$HUB_PUSH/branches" |
        git cat-file --batch-check='%(objectname) %(objecttype)' | awk '$2 == "blob" { print $1 }' | sort -u
}
# More than a hundred new ones at once, and what comes after the first MiB of one, go unseen.
if [ -p "$HUB_PUSH/asked" ] && [ -e "$HUB_PUSH/branches" ]; then
    mkdir "$HUB_PUSH/cards" || failed "there is no room for its cards"
    cards_of 1 >"$HUB_PUSH/before"
    cards_of 2 >"$HUB_PUSH/after"
    comm -13 "$HUB_PUSH/before" "$HUB_PUSH/after" | head -n 100 >"$HUB_PUSH/new"
    while read -r card; do
        git cat-file blob "$card" | head -c 1048576 >"$HUB_PUSH/cards/$card"
    done <"$HUB_PUSH/new"
    if [ -s "$HUB_PUSH/new" ]; then
        printf '?' >&4
        read -r answer <&3 || failed "nobody reads its cards"
        [ "$answer" = checked ] || failed "its cards cannot be read"
        stop_if_refused
    fi
fi
awk '$2 == "blob" && $3 < 1024 { print $1 }' "$HUB_PUSH/sizes" |
    git cat-file --batch >"$HUB_PUSH/small" || failed "its files cannot be read"
awk -v objects="$HUB_PUSH/objects" '
    BEGIN { while ((getline line < objects) > 0) here[line] = 1 }
    length($1) == 40 && /^[0-9a-f]+ blob [0-9]+$/ { blob = $1; next_is = "version"; next }
    next_is == "version" && $0 == "version https://git-lfs.github.com/spec/v1" { next_is = "oid"; next }
    next_is == "oid" && /^oid sha256:[0-9a-f]+$/ { oid = substr($2, 8); next_is = "size"; next }
    next_is == "size" && /^size [0-9]+$/ && !((oid " " $2) in here) { print blob }
    { next_is = "" }
' "$HUB_PUSH/small" >"$HUB_PUSH/missing" || failed "its files cannot be read"
[ -s "$HUB_PUSH/missing" ] || exit 0
while read -r blob; do
    path=$(grep "^$blob " "$HUB_PUSH/listed" | head -n 1 | cut -d ' ' -f 2-)
    echo "LFS pointer pointed to a file that does not exist: \"$path\"" >&2
done <"$HUB_PUSH/missing"
exit 1
