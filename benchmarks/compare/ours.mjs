// Holdfast as a peer of the bench: benchmarks/compare.sh copies this file to peers/ours/peer.mjs of a copy of the bench.
// The project is found by HOLDFAST_HOME, else by the place of the copy (benchmarks/target/bench/peers/ours).
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, SERVER_CORE, spawnPinned, waitHttp, killTree, rmrf, sh } from '../../lib/util.mjs';

const home = process.env.HOLDFAST_HOME ?? path.resolve(ROOT, '../../..');
const dir = path.join(ROOT, 'peers/ours');
const port = 18900;
const launcher = path.join(home, 'scripts/holdfast-node');
const appJar = path.join(home, 'benchmarks/target/bench-app.jar');
// A small heap, as for a server that shares its machine, and a small part of it for what is new: on one core a collection
// of 80 MB stops everybody for up to 0.15 s, of 48 MB half of that. HOLDFAST_BENCH_JVM_FLAGS replaces all of it.
const jvmFlags = process.env.HOLDFAST_BENCH_JVM_FLAGS ?? '-Xms256m -Xmx1g -Xmn48m -XX:+UseSerialGC';
let child;

// The containers and networks of the data directory, which the next start would forget.
function removeDeployment() {
  const file = path.join(dir, 'data/deployment-id');
  if (!fs.existsSync(file)) return;
  const deployment = fs.readFileSync(file, 'utf8').trim();
  const ids = (label, ...list) => sh('docker', [...list, '-q', '--filter', `label=io.holdfast.${label}=${deployment}`]).out.trim().split('\n').filter(Boolean);
  for (const label of ['deployment', 'slot']) for (const id of ids(label, 'ps', '-a')) sh('docker', ['rm', '-f', id]);
  for (const id of ids('deployment', 'network', 'ls')) sh('docker', ['network', 'rm', id]);
}

export default {
  name: 'holdfast', version: 'dev', host: '127.0.0.1', port,
  containers: true,
  urls: {
    hello: { path: '/hello' },
    echo: { path: '/echo/{k}' },
    inc: { path: '/inc/{k}', method: 'POST' },
    alarm: { path: '/alarm/{k}/2000', method: 'POST' },
    late: { path: '/late/{k}' },
    ws: (k) => `/ws/${k}`,
    wsh: (k) => `/ws/${k}`, // every accepted socket hibernates
    box: { path: '/c/{k}/index.html' },
  },

  install() {
    if (fs.existsSync(path.join(home, 'cluster-node/target/node.jar')) && fs.existsSync(appJar)) return;
    const r = sh(path.join(home, 'scripts/mvn'), ['-q', '-Dfast', '-Dmaven.test.skip=true', '-pl', 'cluster-node,benchmarks', '-am', 'package'], { cwd: home });
    if (r.rc !== 0) throw new Error(`building Holdfast failed:\n${r.out.slice(-2000)}`);
  },

  // Every start begins with an empty data directory. The journal syncs to disk before an answer leaves, as always.
  async start({ keepAlive = false } = {}) {
    for (const d of ['data', 'apps']) rmrf(path.join(dir, d));
    fs.mkdirSync(path.join(dir, 'apps'), { recursive: true });
    fs.copyFileSync(appJar, path.join(dir, 'apps/bench-app.jar'));
    const settings = {
      'holdfast.edge.port': port,
      'holdfast.data-directory': path.join(dir, 'data'),
      'holdfast.apps-directory': path.join(dir, 'apps'),
      'holdfast.edge.access-log.enabled': 'off', // no peer of the bench writes one
      'holdfast.containers.budget.cpu': 1000, // nor counts what its containers may take together
      ...(keepAlive ? { 'holdfast.objects.idle-timeout': '1 h' } : {}),
    };
    const args = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    child = spawnPinned(SERVER_CORE, launcher, args, { cwd: dir, env: { HOLDFAST_JVM_FLAGS: jvmFlags }, logFile: path.join(dir, 'server.log') });
    await waitHttp(`http://127.0.0.1:${port}/hello`, (s) => s === 200);
    return { pids: [child.pid] };
  },

  async stop() {
    if (child) await killTree(child.pid);
    child = undefined;
    removeDeployment();
  },
};
