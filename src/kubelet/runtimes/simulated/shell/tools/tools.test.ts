import { TestContainer } from '../fixtures/container.js';
import { CORE_TOOLS, OTHER_TOOLS } from '../../files/tool-names.js';
import { TOOL_NAMES } from './index.js';

const keepAlive = setInterval(() => {}, 1000);
afterAll(() => clearInterval(keepAlive));

test('every program of the base images exists', () => {
  const missing = [...CORE_TOOLS, ...OTHER_TOOLS].filter((name) => !TOOL_NAMES.includes(name));
  expect(missing).toEqual([]);
});

describe('tools in a container', () => {
  test.each([
    ['busybox', 'hostname; uname -n; whoami; id', 'web-0\nweb-0\nroot\nuid=0(root) gid=0(root) groups=0(root)\n'],
    ['busybox', 'cat /etc/hostname /etc/resolv.conf | head -2', 'web-0\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n'],
    ['alpine', '. /etc/os-release; echo $ID', 'alpine\n'],
    ['ubuntu', '. /etc/os-release; echo $ID; ls -d /bin; readlink /bin', 'ubuntu\n/bin\nusr/bin\n'],
    ['busybox', 'mkdir -p /a/b; touch /a/f; ls /a; ls -d /a; rm -r /a; ls /a 2>&1', 'b\nf\n/a\nls: /a: No such file or directory\n'],
    ['debian', 'echo x > /f; chmod 640 /f; chown nobody:users /f; ls -l /f | cut -d" " -f1-4', '-rw-r----- 1 nobody users\n'],
    ['debian', 'echo x > /f; chmod u+x,g-r,o= /f; stat -c "%a %s %F" /f', '700 2 regular file\n'],
    ['busybox', 'ln -s /etc/hostname /l; cat /l; readlink /l; rm /l; cat /etc/hostname', 'web-0\n/etc/hostname\nweb-0\n'],
    ['busybox', 'echo a > /1; cp /1 /2; mv /2 /3; cat /3; cp /none /x; echo $?', 'a\n1\n'],
    ['busybox', 'd=$(mktemp -d); [ -d $d ] && echo dir; f=$(mktemp); stat -c %a $f', 'dir\n600\n'],
    ['busybox', 'find / -name "hostn*" -not -path "/proc/*" | sort', '/bin/hostname\n/etc/hostname\n'],
    ['busybox', 'echo one > /x1; echo two > /x2; find / -maxdepth 1 -name "x?" -exec cat {} \\; | sort', 'one\ntwo\n'],
    ['busybox', 'seq 1 4 | xargs -n 2 echo', '1 2\n3 4\n'],
    ['busybox', 'dd if=/dev/zero of=/z bs=1k count=4 2>/dev/null; wc -c < /z; truncate -s 10 /z; wc -c /z', '4096\n10 /z\n'],
    ['busybox', 'printf "a b\\0" | tr "\\0a" "x[:upper:]"; echo; echo aabbc | tr -s a-z; echo a1b2 | tr -dc "[:digit:]\\n"', 'A bx\nabc\n12\n'],
    ['debian', 'printf "a\\nb\\nc\\n" > /1; printf "a\\nx\\nc\\nd\\n" > /2; diff /1 /2; echo $?; diff -q /1 /1', '2c2\n< b\n---\n> x\n3a4\n> d\n1\n'],
    ['busybox', 'printf "a\\nb\\n" > /1; printf "a\\nx\\n" > /2; diff /1 /2', '--- /1\n+++ /2\n@@ -1,2 +1,2 @@\n a\n-b\n+x\n'],
    ['debian', 'echo one two > /w; wc /w; wc -w < /w', '1 2 8 /w\n2\n'],
    ['busybox', 'date -u -d "2024-02-29 12:34:56" "+%a %b %e %H:%M:%S %Z %Y %j %s"', 'Thu Feb 29 12:34:56 UTC 2024 060 1709210096\n'],
    ['busybox', 'echo "{\\"a\\":[1,2]}" > /j; wc -l /j; head -c 4 /j', '1 /j\n{"a"'],
    ['debian', 'echo "{\\"a\\":[1,2]}" | jq -c ".a"', '[1,2]\n'],
    ['busybox', 'echo hello | gzip | gunzip; echo aGk= | base64 -d', 'hello\nhi'],
    ['busybox', 'which ls; which nosuch; echo $?', '/bin/ls\n1\n'],
    ['busybox', 'mount | head -1; df / | tail -1 | grep -c overlay', 'overlay on / type overlay (rw,relatime)\n1\n'],
    ['busybox', 'env -i A=1 B=2 env; A=3 printenv A', 'A=1\nB=2\n3\n'],
    ['busybox', 'readonly x=1; x=2; echo not reached', ''],
    ['busybox', 'cat /proc/1/cmdline | tr "\\0" " "; cat /proc/1/comm', 'sh -c cat /proc/1/cmdline | tr "\\0" " "; cat /proc/1/comm cat\n'],
    ['busybox', 'nohup sh -c "echo in" ; timeout 5 sh -c "exit 3"; echo $?', 'in\n3\n'],
    ['busybox', 'for n in 3 1 2; do echo $n; done | sort -rn | tr "\\n" ,; echo', '3,2,1,\n'],
    ['busybox', 'echo -n abc | md5sum; echo -n abc | sha256sum | cut -c1-8', '900150983cd24fb0d6963f7d28e17f72  -\nba7816bf\n'],
    ['busybox', 'top -b -n1 | grep -c "^    1 "; free | head -2 | wc -l; uptime | grep -c up', '1\n2\n1\n'],
    ['busybox', 'touch -d "2020-01-01 00:00:00" /t; ls -l /t | grep -c "Jan  1  2020"', '1\n'],
    ['busybox', 'printf "hello world" | hexdump -C; printf "hello world, hi" | xxd; printf 6869 | xxd -r -p', '00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64                 |hello world|\n0000000b\n00000000: 6865 6c6c 6f20 776f 726c 642c 2068 69    hello world, hi\nhi'],
    ['debian', 'echo abc > /1; echo abd > /2; cmp /1 /2; echo $?; cmp -s /1 /1 && echo same; split -b 2 /1 /z; ls /z*; cat /za*', '/1 /2 differ: byte 3, line 1\n1\nsame\n/zaa\n/zab\nabc\n'],
    ['busybox', 'adduser -D bob; id bob; su bob -c "whoami; id -u; echo \\$HOME"; stat -c %U /home/bob; id eve; echo $?', 'uid=1000(bob) gid=1000(bob) groups=1000(bob)\nbob\n1000\n/home/bob\nbob\n1\n'],
    ['busybox', 'ip -br addr; ip route | head -1; ifconfig eth0 | grep "inet addr"', 'lo               UNKNOWN        127.0.0.1/8 \neth0@if12        UP             10.244.0.5/24 \ndefault via 10.244.0.1 dev eth0 \n          inet addr:10.244.0.5  Bcast:10.244.0.255  Mask:255.255.255.0\n'],
    ['busybox', 'time sleep 0.01 2>&1; usleep 10; echo $?', '0\n'],
    ['busybox', 'kill -0 1 && echo alive; pidof sh; busybox echo multi', 'alive\n1\nmulti\n'],
  ])('%s: %s', async (image, script, stdout) => {
    expect((await new TestContainer({ image }).run(['sh', '-c', script])).stdout).toBe(stdout);
  });

  test('a user that the image does not know is a number', async () => {
    const result = await new TestContainer().run(['id'], '', '1000:3000');
    expect(result.stdout).toBe('uid=1000 gid=3000 groups=3000\n');
  });
});
