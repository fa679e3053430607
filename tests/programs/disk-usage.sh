#!/bin/sh
# A plugin of windlass: frames come from descriptor 3 and go to it, one JSON document a line.
#
# There is no JSON parser in a shell. What is read here is bounded by the schema in the manifest: a path without quotes
# and a number, so that a pattern finds them. Use another language for anything that people write freely.

send() {
    printf '%s\n' "$1" >&3
}

text_of() {
    printf '%s' "$start" | sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p"
}

number_of() {
    printf '%s' "$start" | sed -n "s/.*\"$1\": *\\([0-9][0-9]*\\).*/\\1/p"
}

IFS= read -r start <&3
path=$(text_of path)
most=$(number_of most)
most=${most:-90}

send "{\"log\":{\"level\":\"info\",\"text\":\"looking at $path\"}}"
percent=$(df -P "$path" 2>/dev/null | awk 'NR == 2 { sub(/%/, "", $5); print $5 }')

if [ -z "$percent" ]; then
    send "{\"failed\":{\"code\":\"disk-usage.unknown\",\"message\":\"df says nothing about $path\"}}"
elif [ "$percent" -gt "$most" ]; then
    send "{\"failed\":{\"code\":\"disk-usage.full\",\"message\":\"$path is full to $percent %\",\"help\":\"remove something\"}}"
else
    send '{"table":{"table":"usage","columns":["path","percent"]}}'
    send "{\"rows\":{\"table\":\"usage\",\"rows\":[[\"$path\",$percent]]}}"
    send "{\"done\":{\"outputs\":{\"percent\":$percent}}}"
fi
