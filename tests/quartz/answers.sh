#!/bin/sh
# Writes what Quartz 2.3.2 answers to the expressions of NextTimes.java into runner/schedules/tests/quartz.txt, which
# runner/schedules/tests/quartz.rs compares with. To be run again when expressions are added there:
#
#   apt-get install libquartz2-java default-jdk-headless && tests/quartz/answers.sh
set -eu
cd "$(dirname "$0")"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
path=/usr/share/java/quartz2.jar:/usr/share/java/slf4j-api.jar:/usr/share/java/slf4j-nop.jar
javac -cp "$path" -d "$classes" NextTimes.java
java -cp "$path:$classes" NextTimes > ../../runner/schedules/tests/quartz.txt
