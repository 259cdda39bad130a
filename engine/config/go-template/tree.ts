/** A template as a tree. `offset` says where in the text each part of it stands. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline; readonly offset: number }
  | Branch
  | { readonly kind: 'break' | 'continue'; readonly offset: number };

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
  readonly offset: number;
}

export interface Pipeline {
  /** Each command's value becomes the last argument of the next one. */
  readonly commands: readonly Command[];
  readonly variables: readonly string[];
  /** `:=` makes the variables, `=` changes those there are. */
  readonly assigns: 'declare' | 'change' | 'nothing';
  readonly offset: number;
}

export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
}

export interface Operand {
  readonly term: Term;
  /** Looked up one after the other in what the term says. */
  readonly fields: readonly string[];
  readonly offset: number;
}

export type Term =
  | { readonly kind: 'literal'; readonly value: string | bigint | number | boolean | null }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };
