/** Programs that a base image has in /bin (Debian's coreutils and friends); the rest lie in /usr/bin. */
const BIN = `sh cat chmod chown chgrp cp date dd df echo ls mkdir mktemp mv pwd rm rmdir sleep sync tar touch uname hostname
  kill ps ping true false grep egrep fgrep sed gzip gunzip zcat ln mount stat base64 printenv stty mkfifo umount chroot`;
const USR_BIN = `awk basename clear comm cut diff dirname du env expand expr file find fold free groups head id join jq killall less
  md5sum more nc nl nohup nproc nslookup od paste pgrep pidof pkill printf readlink realpath rev seq sha1sum sha256sum
  shuf sort split strings tac tail tee test [ time timeout top tr tree truncate tty uniq uptime wc wget which whoami xargs
  yes column unexpand curl yq unlink watch arch logname dig getent
  hexdump hd xxd cmp usleep logger dmesg telnet su ip ifconfig route netstat ss`;

export const CORE_TOOLS: readonly string[] = BIN.split(/\s+/);
export const OTHER_TOOLS: readonly string[] = USR_BIN.split(/\s+/);
