import { callBuiltin, SHORT_CIRCUITS } from './functions.ts';
import { TemplateError } from './template-error.ts';
import type { Branch, Command, Node, Operand, Pipeline, Term } from './tree.ts';
import { Absent, isTrue, MissingVariable, textOf, kindOf, type Value } from './value.ts';

/** What a template's own functions say; none of them takes an argument. */
export type Functions = Readonly<Record<string, Value>>;

/** More than any query needs: a `range` over a large number must not go on for ever. */
const STEPS_MAX = 100_000;
const CHARACTERS_MAX = 64 * 1024;

/** @throws TemplateError where Go would fail, or would print what belongs into no query. */
export function evaluateTemplate(nodes: readonly Node[], functions: Functions): string {
  const evaluation = new Evaluation(functions);
  evaluation.block(nodes, null);
  return evaluation.text;
}

type Flow = 'on' | 'break' | 'continue';

class Evaluation {
  text = '';
  readonly #functions: Functions;
  readonly #variables: [name: string, value: Value][] = [['', null]];
  #steps = 0;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  block(nodes: readonly Node[], dot: Value): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== 'on') return flow;
    }
    return 'on';
  }

  #node(node: Node, dot: Value): Flow {
    switch (node.kind) {
      case 'text':
        this.#write(node.text, 0);
        return 'on';
      case 'print': {
        const value = this.#pipeline(node.pipeline, dot);
        const isShown = node.pipeline.assigns === 'nothing';
        if (isShown)
          this.#write(
            inPlace(node.offset, () => textOf(value)),
            node.offset,
          );
        return 'on';
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'if':
      case 'with':
        return this.#scoped(() => this.#branch(node, dot));
      case 'range':
        return this.#scoped(() => this.#range(node, dot));
    }
  }

  #write(text: string, offset: number): void {
    this.text += text;
    if (this.text.length <= CHARACTERS_MAX) return;
    throw new TemplateError(`the query becomes longer than ${CHARACTERS_MAX} characters`, offset);
  }

  #scoped(run: () => Flow): Flow {
    const { length } = this.#variables;
    const flow = run();
    this.#variables.length = length;
    return flow;
  }

  #branch({ kind, pipeline, body, otherwise }: Branch, dot: Value): Flow {
    const value = this.#pipeline(pipeline, dot);
    if (!isTrue(value)) return this.block(otherwise, dot);
    return this.block(body, kind === 'with' ? value : dot);
  }

  #range({ pipeline, body, otherwise, offset }: Branch, dot: Value): Flow {
    const { variables, assigns } = pipeline;
    const entries = this.#entries(
      this.#pipeline({ ...pipeline, assigns: 'nothing' }, dot),
      pipeline,
    );
    let isEmpty = true;
    for (const [key, value] of entries) {
      isEmpty = false;
      this.#step(offset);
      const values = variables.length === 2 ? [key, value] : [value];
      const flow = this.#scoped(() => {
        for (const [index, name] of variables.entries()) {
          this.#assign(assigns, name, values[index] ?? null, offset);
        }
        return this.block(body, value);
      });
      if (flow === 'break') break;
    }
    return isEmpty ? this.block(otherwise, dot) : 'on';
  }

  *#entries(value: Value, { variables, offset }: Pipeline): Iterable<readonly [Value, Value]> {
    if (typeof value === 'bigint' && variables.length < 2) {
      for (let count = 0n; count < value; count += 1n) yield [count, count];
      return;
    }
    if (typeof value === 'object' && value !== null && !(value instanceof Absent)) {
      yield* [...value].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return;
    }
    throw new TemplateError(`range cannot go over ${kindOf(value)} here`, offset);
  }

  #pipeline({ commands, variables, assigns, offset }: Pipeline, dot: Value): Value {
    this.#step(offset);
    let value: Value | undefined;
    for (const command of commands) value = this.#command(command, dot, value);
    const [name] = variables;
    if (name !== undefined) this.#assign(assigns, name, value ?? null, offset);
    return value ?? null;
  }

  #assign(assigns: Pipeline['assigns'], name: string, value: Value, offset: number): void {
    if (assigns === 'nothing') return;
    if (assigns === 'declare') {
      this.#variables.push([name, value]);
      return;
    }
    this.#variable(name, offset)[1] = value;
  }

  #variable(name: string, offset: number): [name: string, value: Value] {
    const found = this.#variables.findLast(([known]) => known === name);
    if (found !== undefined) return found;
    throw new TemplateError(`the variable $${name} is not declared here`, offset);
  }

  #command({ operands }: Command, dot: Value, piped: Value | undefined): Value {
    const [first, ...others] = operands;
    const isCall = first.term.kind === 'function' && first.fields.length === 0;
    if (!isCall || first.term.kind !== 'function') return this.#operand(first, dot);
    const { name } = first.term;
    if (SHORT_CIRCUITS.includes(name)) return this.#shortCircuit(name, first, others, dot, piped);
    const args = others.map((operand) => this.#operand(operand, dot));
    return this.#call(name, piped === undefined ? args : [...args, piped], first.offset);
  }

  #shortCircuit(
    name: string,
    { offset }: Operand,
    operands: readonly Operand[],
    dot: Value,
    piped: Value | undefined,
  ): Value {
    let value = piped;
    for (const operand of operands) {
      value = this.#operand(operand, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    if (value === undefined) throw new TemplateError(`${name} takes at least 1 argument`, offset);
    return piped === undefined ? value : piped;
  }

  #call(name: string, args: readonly Value[], offset: number): Value {
    if (!Object.hasOwn(this.#functions, name)) {
      return inPlace(offset, () => callBuiltin(name, args));
    }
    if (args.length > 0) throw new TemplateError(`${name} takes no arguments`, offset);
    return this.#functions[name] ?? null;
  }

  #operand({ term, fields, offset }: Operand, dot: Value): Value {
    let value = this.#term(term, dot, offset);
    for (const field of fields) value = fieldOf(value, field, offset);
    return value;
  }

  #term(term: Term, dot: Value, offset: number): Value {
    switch (term.kind) {
      case 'literal':
        return term.value;
      case 'dot':
        return dot;
      case 'variable':
        return this.#variable(term.name, offset)[1];
      case 'function':
        return this.#call(term.name, [], offset);
      case 'pipeline':
        return this.#pipeline(term.pipeline, dot);
    }
  }

  #step(offset: number): void {
    this.#steps += 1;
    if (this.#steps <= STEPS_MAX) return;
    throw new TemplateError('rendering takes too many steps', offset);
  }
}

/** Unlike `index`, a field that is not there is a mistake: Go's option missingkey=error. */
function fieldOf(value: Value, field: string, offset: number): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Absent)) {
    const found = value.get(field);
    if (found !== undefined) return found;
    throw new TemplateError(`there is no variable ${field}`, offset, field);
  }
  throw new TemplateError(`${kindOf(value)} has no field ${field}`, offset);
}

/** Functions know what is wrong, not where. */
function inPlace<T>(offset: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof MissingVariable) throw new TemplateError(error.message, offset, error.key);
    if (error instanceof RangeError) throw new TemplateError(error.message, offset);
    throw error;
  }
}
