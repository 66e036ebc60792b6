import { parseImageReference } from '../../images/image-reference.js';
import { agnhostProgram } from './images/agnhost/index.js';
import { redisProgram } from './images/redis/index.js';
import { stressProgram, vishStressProgram } from './images/stress.js';
import { echoServer, helloApp, hpaExample, httpEcho, kubernetesBootcamp, requestEcho, whoami } from './images/web-services.js';
import { apacheProgram } from './images/httpd.js';
import { helloNodeProgram } from './images/hello-node.js';
import { idleProgram } from './images/idle.js';
import { declaredProgram } from './images/declared.js';
import { nginxProgram } from './images/nginx.js';
import { pauseProgram } from './images/pause.js';
import { scriptingImage } from './images/scripting.js';
import { WELL_KNOWN } from './images/well-known.js';
import { DeclarationError } from '../../declared/fields.js';
import { parseImage, type DeclaredImage } from './declared-image.js';
import type { ImageProgram, ImageProgramFactory } from './program.js';
import { isShellImage } from './root-file-system.js';
import { shellProgram } from './images/shell.js';

/** Programs of images by pattern: functions that make one, or data. */
export type Images = Readonly<Record<string, ImageProgramFactory | DeclaredImage>>;

interface Entry {
  readonly matches: (image: string) => boolean;
  readonly factory: ImageProgramFactory;
}

/** The images kubette knows, by pattern. */
const BUILT_IN: Images = {
  ...WELL_KNOWN,
  '*/hello-node': helloNodeProgram,
  '*/nginx': nginxProgram,
  '*/httpd': apacheProgram,
  '*/pause': pauseProgram,
  '*/nginx-slim': nginxProgram,
  'nginxinc/nginx-unprivileged': () => nginxProgram({ port: 8080, user: '101' }),
  'bitnami/nginx': () => nginxProgram({ port: 8080, user: '1001' }),
  '*/gb-redis-follower': redisProgram,
  python: scriptingImage,
  node: scriptingImage,
  ruby: scriptingImage,
  golang: scriptingImage,
  openjdk: scriptingImage,
  '*/agnhost': agnhostProgram,
  '*/redis': redisProgram,
  '*/kubernetes-bootcamp': kubernetesBootcamp,
  '*/hello-app': helloApp,
  '*/echoserver': echoServer,
  '*/echo-server': requestEcho,
  '*/http-echo': httpEcho,
  '*/whoami': whoami,
  '*/hpa-example': hpaExample,
  'polinux/stress': stressProgram,
  'vish/stress': vishStressProgram,
};

/**
 * What runs in a container. `user`: the user's program, which sees every command itself. `built-in`: one of kubette's,
 * which knows its own commands; others run in the simulated shell where that has them. `shell`: an operating system or
 * tool box, whose containers do what their command says.
 */
export interface ChosenProgram {
  readonly kind: 'user' | 'built-in' | 'shell';
  /** Nobody knows what the image does: it waits. */
  readonly idle?: boolean;
  readonly program: ImageProgram;
}

/**
 * Chooses the program of an image by its name. User patterns come first, the more specific (longer) ahead of the less.
 * A pattern is an image name in which `*` stands for any text; without a tag it takes every tag and digest.
 */
export class ImageRegistry {
  private readonly user: readonly Entry[];
  private readonly builtIn: readonly Entry[];

  /** Throws DeclarationError for images that are declared wrongly. */
  constructor(images: Images = {}) {
    this.user = compile(images);
    this.builtIn = compile(BUILT_IN);
  }

  /** The program of an image; unknown images get one that runs until it is stopped. */
  choose(image: string): ChosenProgram {
    const own = this.user.find((entry) => entry.matches(image));
    if (own) return { kind: 'user', program: own.factory(image) };
    const known = this.builtIn.find((entry) => entry.matches(image));
    if (known) return { kind: 'built-in', program: known.factory(image) };
    return isShellImage(image) ? { kind: 'shell', program: shellProgram(image) } : { kind: 'built-in', idle: true, program: idleProgram() };
  }
}

function compile(images: Images): Entry[] {
  return Object.entries(images)
    .sort(([a], [b]) => b.replaceAll('*', '').length - a.replaceAll('*', '').length)
    .map(([pattern, image]) => ({ matches: imageMatcher(pattern), factory: factoryOf(pattern, image) }));
}

function factoryOf(pattern: string, image: ImageProgramFactory | DeclaredImage): ImageProgramFactory {
  if (typeof image === 'function') return image;
  const path = `images[${JSON.stringify(pattern)}]`;
  if (typeof image !== 'object' || image === null) throw new DeclarationError(path, 'must be a function that makes a program, or a map that describes one');
  const spec = parseImage(image, path);
  return () => declaredProgram(spec);
}

/** Whether an image's name matches a pattern such as `nginx`, `nginx:1.*` or `registry.example/team/*`. */
export function imageMatcher(pattern: string): (image: string) => boolean {
  const tagAt = pattern.indexOf(':', pattern.lastIndexOf('/') + 1);
  const repository = glob(tagAt < 0 ? pattern : pattern.slice(0, tagAt));
  const tag = tagAt < 0 ? undefined : glob(pattern.slice(tagAt + 1));
  return (image) => {
    let parsed;
    try {
      parsed = parseImageReference(image);
    } catch {
      return false;
    }
    const full = `${parsed.registry}/${parsed.path}`;
    const short = parsed.registry === 'docker.io' ? parsed.path.replace(/^library\//, '') : full;
    if (!repository.test(full) && !repository.test(short)) return false;
    return tag === undefined || tag.test(parsed.tag ?? (parsed.digest === undefined ? 'latest' : ''));
  };
}

function glob(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
}
