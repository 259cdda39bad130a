import { type Part, scan, type Token } from './scan.ts';
import { TemplateError } from './template-error.ts';
import { Tokens } from './tokens.ts';
import type { Branch, Command, Node, Operand, Pipeline, Term } from './tree.ts';

/**
 * Reads a template of Go's text/template language, without nested templates (`define`, `template`,
 * `block`), which a query has no use for.
 *
 * @throws TemplateError for what is not understood.
 * @see https://pkg.go.dev/text/template#hdr-Actions
 */
export function parseTemplate(template: string, functions: ReadonlySet<string>): readonly Node[] {
  const parser = new Parser(scan(template), functions);
  const { nodes, ending } = parser.block();
  if (ending !== undefined) {
    throw new TemplateError(`{{ ${ending.keyword} }} ends nothing`, ending.tokens.beginning);
  }
  return nodes;
}

interface Block {
  readonly nodes: readonly Node[];
  /** What the block ended with; absent at the end of the text. */
  readonly ending: Ending | undefined;
}

interface Ending {
  readonly keyword: 'end' | 'else';
  /** What follows the keyword. */
  readonly tokens: Tokens;
}

const BRANCHES = ['if', 'with', 'range'] as const;
const NESTED = ['define', 'template', 'block'];
const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null };

class Parser {
  readonly #parts: readonly Part[];
  readonly #functions: ReadonlySet<string>;
  #next = 0;
  #loops = 0;
  #variables: string[] = [''];

  constructor(parts: readonly Part[], functions: ReadonlySet<string>) {
    this.#parts = parts;
    this.#functions = functions;
  }

  block(): Block {
    const nodes: Node[] = [];
    for (;;) {
      const part = this.#parts[this.#next];
      if (part === undefined) return { nodes, ending: undefined };
      this.#next += 1;
      if (part.kind === 'text') {
        nodes.push(part);
        continue;
      }
      const tokens = new Tokens(part.tokens, part.offset);
      const keyword = tokens.keyword();
      if (keyword === 'end' || keyword === 'else') return { nodes, ending: { keyword, tokens } };
      nodes.push(this.#action(keyword, tokens));
    }
  }

  #action(keyword: string | undefined, tokens: Tokens): Node {
    const { beginning: offset } = tokens;
    const branch = BRANCHES.find((kind) => kind === keyword);
    if (branch !== undefined) return this.#branch(branch, tokens);
    if (keyword === 'break' || keyword === 'continue') {
      if (this.#loops === 0) throw new TemplateError(`{{ ${keyword} }} stands in no range`, offset);
      tokens.requireEnd();
      return { kind: keyword, offset };
    }
    if (keyword !== undefined && NESTED.includes(keyword)) {
      throw new TemplateError(`{{ ${keyword} }} is not supported in a query`, offset);
    }
    tokens.position = 0;
    const pipeline = this.#pipeline(tokens, 1);
    tokens.requireEnd();
    return { kind: 'print', pipeline, offset };
  }

  /** `else if` and `else with` are a branch inside of the other one, with an end for both. */
  #branch(kind: Branch['kind'], tokens: Tokens): Branch {
    const { beginning: offset } = tokens;
    const known = [...this.#variables];
    const pipeline = this.#pipeline(tokens, kind === 'range' ? 2 : 1);
    tokens.requireEnd();
    const within = [...this.#variables];
    if (kind === 'range') this.#loops += 1;
    const { nodes: body, ending } = this.block();
    if (kind === 'range') this.#loops -= 1;
    this.#variables = within;
    const otherwise = this.#otherwise(kind, ending, offset);
    this.#variables = known;
    return { kind, pipeline, body, otherwise, offset };
  }

  #otherwise(kind: Branch['kind'], ending: Ending | undefined, offset: number): readonly Node[] {
    if (ending === undefined) throw new TemplateError(`{{ ${kind} }} has no {{ end }}`, offset);
    const { keyword, tokens } = ending;
    if (keyword === 'end') {
      tokens.requireEnd();
      return [];
    }
    if (tokens.isAtEnd()) {
      const { nodes, ending: last } = this.block();
      if (last === undefined) throw new TemplateError(`{{ ${kind} }} has no {{ end }}`, offset);
      if (last.keyword === 'else') {
        throw new TemplateError('there is more than one {{ else }}', last.tokens.beginning);
      }
      last.tokens.requireEnd();
      return nodes;
    }
    const chained = tokens.keyword();
    if (chained === kind && kind !== 'range') return [this.#branch(kind, tokens)];
    throw new TemplateError(
      `{{ else }} of a ${kind} is followed by what it cannot have`,
      tokens.beginning,
    );
  }

  #pipeline(tokens: Tokens, variablesMax: number): Pipeline {
    const { offset } = tokens;
    const { variables, assigns } = declaration(tokens, variablesMax);
    if (assigns === 'change') {
      for (const name of variables) this.#requireVariable(name, offset);
    }
    const commands = [this.#command(tokens)];
    while (tokens.take('|')) {
      const command = this.#command(tokens);
      const [{ term, offset: at }] = command.operands;
      if (term.kind !== 'function') {
        throw new TemplateError('only a function can follow a |', at);
      }
      commands.push(command);
    }
    if (assigns === 'declare') this.#variables.push(...variables);
    return { commands, variables, assigns, offset };
  }

  #command(tokens: Tokens): Command {
    const first = this.#operand(tokens);
    const others: Operand[] = [];
    while (!tokens.isAtEnd() && !tokens.isMark('|') && !tokens.isMark(')')) {
      tokens.requireSpace();
      others.push(this.#operand(tokens));
    }
    if (others.length > 0 && first.term.kind !== 'function') {
      throw new TemplateError('only a function can be given arguments', first.offset);
    }
    if (others.length > 0 && first.fields.length > 0) {
      throw new TemplateError('a field cannot be given arguments', first.offset);
    }
    if (first.term.kind === 'literal' && first.term.value === null) {
      throw new TemplateError('nil is not a value by itself', first.offset);
    }
    return { operands: [first, ...others] };
  }

  #operand(tokens: Tokens): Operand {
    const token = tokens.take();
    const offset = token?.offset ?? tokens.offset;
    if (token === undefined) throw new TemplateError('a value is missing', offset);
    const fields: string[] = [];
    const term = this.#term(token, tokens, fields);
    for (let name = tokens.field(); name !== undefined; name = tokens.field()) fields.push(name);
    if (fields.length > 0 && term.kind === 'literal') {
      throw new TemplateError('a literal has no fields', offset);
    }
    return { term, fields, offset };
  }

  #term(token: Token, tokens: Tokens, fields: string[]): Term {
    switch (token.kind) {
      case 'string':
      case 'int':
      case 'float':
        return { kind: 'literal', value: token.value };
      case 'variable':
        this.#requireVariable(token.name, token.offset);
        return { kind: 'variable', name: token.name };
      case 'field':
        fields.push(token.name);
        return { kind: 'dot' };
      case 'name':
        return this.#name(token.name, token.offset);
      case 'mark':
        break;
    }
    if (token.mark === '.') return { kind: 'dot' };
    if (token.mark !== '(') {
      throw new TemplateError(`${token.mark} stands where a value should`, token.offset);
    }
    const pipeline = this.#pipeline(tokens, 0);
    if (!tokens.take(')')) throw new TemplateError('( is not closed', token.offset);
    return { kind: 'pipeline', pipeline };
  }

  #name(name: string, offset: number): Term {
    const constant = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
    if (constant !== undefined) return { kind: 'literal', value: constant };
    if (this.#functions.has(name)) return { kind: 'function', name };
    const known = [...this.#functions].join(', ');
    throw new TemplateError(`there is no function ${name}; there are ${known}`, offset);
  }

  #requireVariable(name: string, offset: number): void {
    if (this.#variables.includes(name)) return;
    throw new TemplateError(`the variable $${name} is not declared here`, offset);
  }
}

/** `$x :=`, `$x =`, and for a range `$key, $value :=` before a pipeline. */
function declaration(
  tokens: Tokens,
  variablesMax: number,
): Pick<Pipeline, 'variables' | 'assigns'> {
  const variables: string[] = [];
  const beginning = tokens.position;
  while (variables.length < variablesMax) {
    const name = tokens.variable();
    if (name === undefined) break;
    variables.push(name);
    if (!tokens.take(',')) break;
  }
  if (variables.length > 0 && tokens.take(':=')) return { variables, assigns: 'declare' };
  if (variables.length > 0 && tokens.take('=')) return { variables, assigns: 'change' };
  tokens.position = beginning;
  return { variables: [], assigns: 'nothing' };
}
