import type { ClusterRoleBinding, RoleBinding, Subject } from '../api/types/rbac-v1.js';
import type { UserInfo } from '../api/user.js';
import type { Snapshot } from '../watch/types.js';

export type Binding = RoleBinding | ClusterRoleBinding;

/** A binding that applies to a user, and the first of its subjects by which it does. */
export interface BoundSubject {
  readonly binding: Binding;
  readonly subject: Subject;
}

interface Posting {
  /** Place of the binding among all. */
  readonly position: number;
  /** Place of the subject in the binding. */
  readonly place: number;
}

/** Users whose bindings are kept; the answers for all others are found anew. */
const MAX_USERS = 1024;

/** Bindings by the users and groups that they name: finding those of a user does not look at all others. Never changes. */
export class SubjectIndex {
  private readonly bindings: Binding[] = [];
  private readonly postings = new Map<string, Posting[]>();
  private readonly answers = new Map<string, readonly BoundSubject[]>();

  /** `namespace`: of role bindings, '' of cluster role bindings. */
  constructor(entries: Snapshot['entries'], namespace: string) {
    for (const { object } of entries) {
      const binding = object as Binding;
      const position = this.bindings.push(binding) - 1;
      for (const [place, subject] of (binding.subjects ?? []).entries()) {
        const term = termOf(subject, namespace);
        if (term === undefined) continue;
        const postings = this.postings.get(term);
        if (postings) postings.push({ position, place });
        else this.postings.set(term, [{ position, place }]);
      }
    }
  }

  /** In the order of the bindings' names. */
  bindingsOf(user: UserInfo): readonly BoundSubject[] {
    const key = `${user.name}\0${user.groups.join('\0')}`;
    let answer = this.answers.get(key);
    if (!answer) {
      if (this.answers.size >= MAX_USERS) this.answers.clear();
      this.answers.set(key, (answer = this.find(user)));
    }
    return answer;
  }

  private find(user: UserInfo): BoundSubject[] {
    const places = new Map<number, number>();
    for (const term of [userTerm(user.name), ...user.groups.map(groupTerm)]) {
      for (const { position, place } of this.postings.get(term) ?? []) {
        const known = places.get(position);
        if (known === undefined || place < known) places.set(position, place);
      }
    }
    return [...places]
      .sort(([a], [b]) => a - b)
      .map(([position, place]) => {
        const binding = this.bindings[position] as Binding;
        return { binding, subject: (binding.subjects as readonly Subject[])[place] as Subject };
      });
  }
}

const userTerm = (name: string): string => `u${name}`;
const groupTerm = (name: string): string => `g${name}`;

function termOf({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  switch (kind) {
    case 'User':
      return userTerm(name);
    case 'Group':
      return groupTerm(name);
    case 'ServiceAccount': {
      const home = namespace || bindingNamespace;
      return home ? userTerm(`system:serviceaccount:${home}:${name}`) : undefined;
    }
    default:
      return undefined;
  }
}
