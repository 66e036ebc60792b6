/**
 * The syntax tree of just-bash's parser, by the names used here. Types only: nothing of just-bash is loaded.
 */
import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from 'just-bash';

export type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode };

export type AssignmentNode = SimpleCommandNode['assignments'][number];
export type RedirectionNode = SimpleCommandNode['redirections'][number];
export type WordPart = WordNode['parts'][number];
export type ParameterPart = Extract<WordPart, { type: 'ParameterExpansion' }>;
export type ParameterOperation = NonNullable<ParameterPart['operation']>;
export type BracePart = Extract<WordPart, { type: 'BraceExpansion' }>;
export type ArithmeticNode = Extract<WordPart, { type: 'ArithmeticExpansion' }>['expression'];
type Node<T extends CommandNode['type']> = Extract<CommandNode, { type: T }>;
export type IfNode = Node<'If'>;
export type ForNode = Node<'For'>;
export type CStyleForNode = Node<'CStyleFor'>;
export type WhileNode = Node<'While'>;
export type UntilNode = Node<'Until'>;
export type CaseNode = Node<'Case'>;
export type FunctionDefNode = Node<'FunctionDef'>;
export type ConditionalExpression = Node<'ConditionalCommand'>['expression'];
export type CompoundNode = Exclude<CommandNode, SimpleCommandNode | FunctionDefNode>;
