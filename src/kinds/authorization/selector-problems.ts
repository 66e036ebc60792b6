import { ApiError } from '../../api/errors.js';
import { parseFieldSelector } from '../../api/field-selector.js';
import { labelMatcherOf, parseLabelSelector } from '../../api/label-selector.js';
import type { FieldSelectorAttributes, LabelSelectorAttributes, ResourceAttributes } from '../../api/types/authorization-v1.js';
import type { FieldSelectorRequirement, LabelSelectorRequirement } from '../../api/types/meta-v1.js';

/**
 * Selectors of a review that make no sense are left out, which asks for more and never allows more: status.evaluationError
 * tells (KEP-4601). RBAC itself takes no notice of selectors.
 */
export function selectorProblems({ fieldSelector, labelSelector }: ResourceAttributes): string[] {
  return [
    ...problem('fieldSelector', fieldSelector, (text) => void parseFieldSelector(text), fieldRequirementIsKnown),
    ...problem('labelSelector', labelSelector, (text) => void parseLabelSelector(text), labelRequirementIsKnown),
  ];
}

function problem<R extends FieldSelectorRequirement | LabelSelectorRequirement>(
  name: string,
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  parse: (text: string) => void,
  isKnown: (requirement: R) => boolean,
): string[] {
  if (!selector) return [];
  const requirements = (selector.requirements ?? []) as R[];
  const known = requirements.filter(isKnown).length;
  const bad = requirements.length > 0 ? known < requirements.length : !succeeds(() => parse(selector.rawSelector ?? ''));
  return bad ? [`spec.resourceAttributes.${name} ${known > 0 ? 'partially ignored' : 'ignored'} due to parse error`] : [];
}

/** Fields are compared with one value. */
function fieldRequirementIsKnown({ operator, values = [] }: FieldSelectorRequirement): boolean {
  return (operator === 'In' || operator === 'NotIn') && values.length === 1;
}

const labelRequirementIsKnown = (requirement: LabelSelectorRequirement): boolean => succeeds(() => void labelMatcherOf({ matchExpressions: [requirement] }));

function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
