package io.holdfast.dockertests;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// A way out of a container: a script for its shell that ends well when it got out.
///
/// Scripts know these variables: `NEIGHBOUR` (address of another container), `HOSTS` (all addresses
/// of the host), `HOST_PORT` (open on all of them), `GATEWAY` (of the own network), `PUBLISHED` (a
/// port of the host behind which another container listens), `OUTSIDE`, `PRIVATE`, `METADATA`
/// (addresses beyond the host), `OUTSIDE_PORT`, `TOLD` (the address that servers of ours tell of
/// any name; the gate tells another), `HOST_PID` (a process of the host, with `SECRET` in its
/// environment), `PIDS` (more processes than allowed), `BYTES` (more memory than allowed).
enum Escape {
  NEIGHBOUR_TCP(Kind.NETWORK, "nc -w 2 $NEIGHBOUR 8080 -e /bin/true"),
  NEIGHBOUR_ICMP(Kind.NETWORK, "ping -c 1 -W 2 $NEIGHBOUR"),
  NEIGHBOUR_ARP(Kind.NETWORK, "arping -c 1 -w 2 -I eth0 $NEIGHBOUR"),
  HOST_TCP(
      Kind.NETWORK,
      "{ for h in $HOSTS; do (nc -w 2 $h $HOST_PORT -e /bin/true && echo in) & done; wait; } | grep -q in"),
  HOST_UDP(Kind.NETWORK, "nslookup escape.test $GATEWAY | grep -q $TOLD"),
  HOST_ICMP(Kind.NETWORK, "ping -c 1 -W 2 $GATEWAY"),
  HOST_IPV6(
      Kind.NETWORK,
      "sleep 2; ip -6 addr show dev eth0 | grep -q inet6 && ping6 -c 1 -W 2 -I eth0 ff02::1"),
  PUBLISHED_PORT(
      Kind.NETWORK,
      "{ for h in $HOSTS; do (nc -w 2 $h $PUBLISHED -e /bin/true && echo in) & done; wait; } | grep -q in"),
  METADATA_SERVICE(Kind.NETWORK, "nc -w 2 $METADATA $OUTSIDE_PORT -e /bin/true"),
  PRIVATE_RANGE(Kind.NETWORK, "nc -w 2 $PRIVATE $OUTSIDE_PORT -e /bin/true"),
  PRIVATE_DNS(Kind.NETWORK, "nslookup escape.test $PRIVATE | grep -q $TOLD"),
  INTERNET_TCP(Kind.INTERNET, "nc -w 2 $OUTSIDE $OUTSIDE_PORT -e /bin/true"),
  INTERNET_DNS_BY_UDP(Kind.INTERNET, "nslookup escape.test $OUTSIDE | grep -q $TOLD"),
  INTERNET_ICMP(Kind.NETWORK, "ping -c 1 -W 2 $OUTSIDE"),
  RAW_SOCKET(Kind.NETWORK, "arping -c 1 -w 2 -I eth0 $GATEWAY"),
  OWN_ADDRESS(Kind.KERNEL, "ip addr add 10.9.8.7/32 dev lo"),
  OWN_ROUTE(Kind.KERNEL, "ip route add 192.0.2.99/32 dev lo"),
  DOCKER_SOCKET(Kind.KERNEL, "test -S /var/run/docker.sock"),
  MOUNT(Kind.KERNEL, "mkdir /mount && mount -t tmpfs none /mount"),
  USER_NAMESPACE(Kind.KERNEL, "unshare -U true"),
  DEVICE_NODE(Kind.KERNEL, "mknod /device b 8 0"),
  SIGNAL_TO_HOST(Kind.KERNEL, "kill -0 $HOST_PID"),
  TRACE_OF_HOST_PROCESS(Kind.KERNEL, "grep -q $SECRET /proc/$HOST_PID/environ"),
  FILES_OF_HOST(Kind.KERNEL, "test -d /proc/$HOST_PID/root/etc"),
  SYS_WRITE(Kind.KERNEL, "f=/sys/kernel/mm/ksm/sleep_millisecs; v=$(cat $f) && echo $v >$f"),
  PROC_SYS_WRITE(Kind.KERNEL, "f=/proc/sys/vm/swappiness; v=$(cat $f) && echo $v >$f"),
  KERNEL_TIMERS(Kind.KERNEL, "test $(head -c 10 /proc/timer_list | wc -c) = 10"),
  KERNEL_LOG(Kind.KERNEL, "dmesg"),
  HOST_NAME(Kind.KERNEL, "hostname escaped"),
  FORK_BOMB(
      Kind.LIMIT, "i=0; while [ $i -lt $PIDS ]; do sleep 30 & i=$((i+1)); done; test $i = $PIDS"),
  MEMORY(Kind.LIMIT, "dd if=/dev/zero of=/dev/null bs=$BYTES count=1"),
  /// More than a fifth of a CPU, when a sixteenth is allowed.
  CPU(
      Kind.LIMIT,
      "(while :; do :; done) & p=$!; sleep 2; set -- $(cat /proc/$p/stat); kill $p; test $((${14} + ${15})) -gt 40");

  /// What has to be off for it to succeed.
  enum Kind {
    /// The fence and the isolation of networks.
    NETWORK,
    /// The same; allowed to containers with internet.
    INTERNET,
    /// Namespaces, capabilities, seccomp, masked and read-only paths.
    KERNEL,
    /// Limits on processes, memory and CPU.
    LIMIT
  }

  private final Kind kind;
  private final String script;

  Escape(Kind kind, String script) {
    this.kind = kind;
    this.script = script;
  }

  static Set<Escape> of(Kind... kinds) {
    return Arrays.stream(values())
        .filter(escape -> Arrays.asList(kinds).contains(escape.kind))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// A script that tries these at the same time, and writes the names of those that got out.
  static String attempt(Set<Escape> escapes, Map<String, String> variables) {
    String known =
        variables.entrySet().stream()
            .map(variable -> "export %s='%s'; ".formatted(variable.getKey(), variable.getValue()))
            .collect(Collectors.joining());
    return escapes.stream()
        .map(escape ->
            "(timeout -s KILL 20 sh -c '%s' >/dev/null 2>&1 && echo %s) & "
                .formatted(escape.script, escape.name()))
        .collect(Collectors.joining("", known, "wait"));
  }

  static Set<Escape> reported(String output) {
    return output
        .lines()
        .filter(line -> line.matches("[A-Z0-9_]+"))
        .map(Escape::valueOf)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
