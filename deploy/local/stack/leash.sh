#!/bin/sh
# Runs a command that must not outlive whoever holds our standard input.
#
#   leash.sh <grace seconds> <niceness> <command> [argument...]
#
# Standard input is a pipe nobody writes to: its end means that the parent is gone, however it
# died. The command then gets TERM and, after the grace period, KILL. File descriptor 3 takes one
# line, the command's own process id. The exit status is the command's.
exec 4<&0
grace=$1
niceness=$2
shift 2

# Linux may weigh whole sessions against each other, and this one is a session of its own: then its
# weight counts, else that of the command. Where neither can be set the command runs as any other.
if [ "$niceness" -gt 0 ]; then
  { echo "$niceness" >"/proc/$$/autogroup"; } 2>/dev/null
  set -- nice -n "$niceness" "$@"
fi

"$@" 3>&- 4<&- </dev/null &
child=$!

# The watch stands before the id is told: from then on nothing may end the leash without it.
(
  exec 3>&-
  trap '' TERM INT HUP
  read -r _ <&4
  kill -TERM "$child" 2>/dev/null
  waited=0
  while [ "$waited" -lt "$grace" ] && kill -0 "$child" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
  done
  kill -KILL "$child" 2>/dev/null
) &
watcher=$!
echo "$child" >&3
exec 3>&- 4<&-

# A signal ends `wait` early, so wait again until the command is really gone.
trap 'kill -TERM "$child" 2>/dev/null' TERM INT HUP
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -KILL "$watcher" 2>/dev/null
exit "$code"
