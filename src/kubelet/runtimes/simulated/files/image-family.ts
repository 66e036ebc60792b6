/** What an image's root file system and shell look like. */
export type ImageFamily = 'busybox' | 'alpine' | 'debian' | 'ubuntu' | 'redhat' | 'empty';

/** Repositories (last path component) whose images hold no shell nor tools. */
const EMPTY = /^(pause|scratch|coredns|etcd|kube-[a-z-]+|metrics-server|static|static-debian\d+|base-debian\d+|hello-world|distroless.*)$/;
const ALPINE = /^(alpine|bash|curl|netshoot|dnsutils|agnhost|git|kubectl|traefik|docker|vault|consul|minio|mc)$/;
const REDHAT = /^(centos|fedora|rockylinux|almalinux|oraclelinux|amazonlinux|ubi\d*|ubi-minimal)$/;

/** The family of an image by its name: 'busybox:1.36', 'docker.io/library/alpine@sha256:…', 'nginx:1-alpine'. */
export function imageFamily(image: string): ImageFamily {
  const { repository, tag } = splitImage(image);
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  if (/busybox/.test(name) || /\bbusybox\b/.test(tag)) return 'busybox';
  if (/(^|[-.])debug/.test(tag) && repository.includes('distroless')) return 'busybox';
  if (EMPTY.test(name) || repository.includes('distroless')) return 'empty';
  if (ALPINE.test(name) || /alpine/.test(tag) || /alpine/.test(name)) return 'alpine';
  if (name === 'ubuntu') return 'ubuntu';
  if (REDHAT.test(name)) return 'redhat';
  return 'debian';
}

/** Whether the image is a plain operating system or tool box, whose containers do what their command says. */
export function isShellImage(image: string): boolean {
  const { repository } = splitImage(image);
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  return /busybox/.test(name) || ALPINE.test(name) || REDHAT.test(name) || /^(debian|ubuntu|buildpack-deps|perl|toolbox)$/.test(name);
}

/** The tag of an image; `latest` where it names none. */
export function imageTag(image: string): string {
  return splitImage(image).tag;
}

export function splitImage(image: string): { repository: string; tag: string } {
  const plain = image.replace(/@.*$/, '');
  const colon = plain.indexOf(':', plain.lastIndexOf('/'));
  return colon < 0 ? { repository: plain, tag: 'latest' } : { repository: plain.slice(0, colon), tag: plain.slice(colon + 1) };
}
