# What the scripts share. Source it; it sets $root and defines functions.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' dim='' red='' green='' plain=''; fi

say() { echo "$*"; }
die() { echo "${red}$*${plain}" >&2; exit 1; }

# need COMMAND PACKAGE: installs the package on Debian as root when the command is missing.
need() {
  command -v "$1" >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "expected $1 on PATH; install it (Debian: apt-get install $2)"
  say "installing $2"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/tmp/holdfast-apt.log 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/tmp/holdfast-apt.log 2>&1; } ||
    { tail -20 /tmp/holdfast-apt.log >&2; die "apt-get install $2 failed (log above)"; }
}

# Everything the examples need: tools, a Docker Engine, images, the packaged node and app jars.
prepare() {
  need curl curl
  need mvn maven
  "$root/scripts/jdk.sh" >/dev/null
  "$root/scripts/docker-up"
  "$root/scripts/images"
  say "building Holdfast (the first time also downloads its libraries: minutes)"
  "$root/scripts/build" -Dfast -Dmaven.test.skip=true -pl cluster-node,cli,examples/counter,examples/sandbox,examples/orchestrator -am
  "$root/scripts/aot-cache"
}

# deploy_examples FOLDER: an apps directory with the three examples.
deploy_examples() {
  mkdir -p "$1"
  local name
  for name in counter sandbox orchestrator; do cp "$root/examples/$name/target/$name.jar" "$1/"; done
}

# aot_cache_is_newest TARGET: whether the cache there is as new as all jars, which it was made of.
aot_cache_is_newest() {
  [ -f "$1/node.aot" ] && [ -z "$(find "$1/node.jar" "$1/lib" -newer "$1/node.aot" -name '*.jar' -print -quit)" ]
}

now_millis() { date +%s%3N; }

# await_ready URL PID LOG: returns when the node says that it serves and answers /readyz with 200; dies when it ended or
# took a minute. LOG holds only this start of it: somebody else could answer at the URL.
await_ready() {
  local i
  for i in $(seq 1200); do
    if grep -q '^holdfast: ready on ' "$3" && [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "$1/readyz")" = 200 ]; then return; fi
    kill -0 "$2" 2>/dev/null || { tail -30 "$3" >&2; die "the node ended before it was ready (log above, whole: $3)"; }
    sleep 0.05
  done
  tail -30 "$3" >&2
  die "the node was not ready within 60 s (log above, whole: $3)"
}

# remove_deployment_of DATA: the containers and networks of one data directory, and of no other.
remove_deployment_of() {
  [ -s "$1/deployment-id" ] || return 0
  local id label ids
  id=$(cat "$1/deployment-id")
  for label in deployment slot; do
    ids=$(docker ps -aq --filter "label=io.holdfast.$label=$id")
    if [ -n "$ids" ]; then docker rm -f $ids >/dev/null; fi
  done
  ids=$(docker network ls -q --filter "label=io.holdfast.deployment=$id")
  if [ -n "$ids" ]; then docker network rm $ids >/dev/null; fi
}
