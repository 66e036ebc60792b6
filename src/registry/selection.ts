import { badRequest } from '../api/errors.js';
import { FieldMatcher } from '../api/field-selector.js';
import { LabelMatcher } from '../api/label-selector.js';
import type { KubeObject } from '../api/object.js';
import type { Kind } from './kind.js';

/** Label and field selectors of a request, checked against what the kind can select by. */
export class Selection {
  static readonly everything = new Selection(LabelMatcher.everything, FieldMatcher.everything, new Map());

  constructor(
    readonly labels: LabelMatcher,
    readonly fields: FieldMatcher,
    private readonly getters: Kind['selectableFields'],
  ) {}

  /** Throws ApiError 400 for a field that the kind cannot select by. */
  static of(kind: Kind, labels: LabelMatcher, fields: FieldMatcher): Selection {
    if (labels.empty && fields.empty) return Selection.everything;
    for (const { field } of fields.requirements) {
      if (!kind.selectableFields.has(field)) throw badRequest(unknownFieldText(kind, field));
    }
    return new Selection(labels, fields, kind.selectableFields);
  }

  get empty(): boolean {
    return this.labels.empty && this.fields.empty;
  }

  matches(object: KubeObject): boolean {
    return this.labels.matches(object.metadata.labels) && this.fields.matches((field) => this.getters.get(field)?.(object));
  }

  /** The one name that can match; undefined when names are open. */
  get name(): string | undefined {
    return this.fields.valueOf('metadata.name');
  }

  /** The one namespace that can match; undefined when it is open. */
  get namespace(): string | undefined {
    return this.fields.valueOf('metadata.namespace');
  }
}

function unknownFieldText(kind: Kind, field: string): string {
  return kind.unknownFieldText?.(field) ?? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
