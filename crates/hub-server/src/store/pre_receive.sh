#!/bin/sh
# Refuses a push with a file that leads to LFS content which the repository has not. git runs it before any ref moves.
# HUB_PUSH is a folder of this push alone; its file `objects` has a line "OID SIZE" for each content that is here.
export LC_ALL=C
failed() { echo "the push could not be checked: $1" >&2; exit 1; }
tips=$(while read -r _old new _ref; do
    case $new in *[!0]*) echo "$new" ;; esac
done)
[ -n "$tips" ] || exit 0
# shellcheck disable=SC2086 # several words
git rev-list --objects $tips --not --all >"$HUB_PUSH/listed" || failed "its objects cannot be listed"
cut -d ' ' -f 1 "$HUB_PUSH/listed" |
    git cat-file --batch-check='%(objectname) %(objecttype) %(objectsize)' >"$HUB_PUSH/sizes" ||
    failed "its objects cannot be read"
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
