import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateTemplate } from '../../../../engine/config/go-template/evaluate.ts';
import { BUILTIN_NAMES } from '../../../../engine/config/go-template/functions.ts';
import { parseTemplate } from '../../../../engine/config/go-template/parse.ts';
import { TemplateError } from '../../../../engine/config/go-template/template-error.ts';

const FUNCTIONS = {
  name: 'reviews',
  namespace: 'shop',
  target: 'reviews',
  service: 'reviews-svc',
  interval: '1m',
  variables: new Map([
    ['zone', 'eu'],
    ['odd-key', 'z'],
  ]),
};
const NAMES = new Set([...Object.keys(FUNCTIONS), ...BUILTIN_NAMES]);
const render = (template: string) => evaluateTemplate(parseTemplate(template, NAMES), FUNCTIONS);

const PIECES =
  '{{ }} {{- -}} if range end else with $x := = | ( ) name variables .zone printf "%d" 1 " ` \' . ,'
    .split(' ')
    .concat(' ');

function failureOf(template: string): unknown {
  try {
    render(template);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a template of Go', () => {
  /** What text/template of Go 1.26 made of them, with the same functions. */
  it.each([
    ['{{ namespace }}/{{target}}', 'shop/reviews'],
    ['sum(rate(x{ns="{{ namespace }}"}[{{ interval }}]))', 'sum(rate(x{ns="shop"}[1m]))'],
    ['{{- $svc := printf "%s-canary" service -}}\nsvc="{{ $svc }}"', 'svc="reviews-svc-canary"'],
    ['a  {{- name -}}  b', 'areviewsb'],
    ['a {{- "" }} b', 'a b'],
    ['a {{ "" -}} b', 'a b'],
    ['{{/* note */}}x{{- /* note\nover lines */ -}} y', 'xy'],
    ['{{ variables.zone }}', 'eu'],
    ['{{ index variables "odd-key" }}', 'z'],
    ['{{ if index variables "nope" }}yes{{ else }}no{{ end }}', 'no'],
    [
      '{{ if eq variables.zone "eu" }}EU{{ else if eq variables.zone "us" }}US{{ else }}?{{ end }}',
      'EU',
    ],
    ['{{ with variables.zone }}zone="{{ . }}",{{ end }}', 'zone="eu",'],
    ['{{ with index variables "nope" }}{{ . }}{{ else }}none{{ end }}', 'none'],
    ['{{ with index variables "nope" }}a{{ else with variables.zone }}{{ . }}{{ end }}', 'eu'],
    [
      '{{ range $key, $value := variables }}{{ $key }}="{{ $value }}",{{ end }}',
      'odd-key="z",zone="eu",',
    ],
    ['{{ range variables }}[{{ . }}]{{ end }}', '[z][eu]'],
    ['{{ range $i := 3 }}{{ if $i }},{{ end }}{{ $i }}{{ end }}', '0,1,2'],
    [
      '{{ range 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}',
      '02',
    ],
    ['{{ range 0 }}x{{ else }}empty{{ end }}', 'empty'],
    ['{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ $y := "c" }}{{ $y }}{{ end }}{{ $x }}', 'cb'],
    ['{{ $m := variables }}{{ $m.zone }}{{ (variables).zone }}', 'eueu'],
    ['{{ target | printf "%s-%s" namespace }}', 'shop-reviews'],
    ['{{ printf "%q" "a\\"b\\n" }}', '"a\\"b\\n"'],
    ['{{ printf "%-8s|%8s|%.2s" "ab" "cd" "efg" }}', 'ab      |      cd|ef'],
    [
      '{{ printf "%d %5d %05d %+d %x %X %o %b" 42 42 42 42 255 255 8 5 }}',
      '42    42 00042 +42 ff FF 10 101',
    ],
    [
      '{{ printf "%.2f %8.3f %e %g %v" 1.5 2.25 12345.678 0.00001 1000000.0 }}',
      '1.50    2.250 1.234568e+04 1e-05 1e+06',
    ],
    ['{{ printf "%v %v %t %%" 7 "s" true }}', '7 s true %'],
    ['{{ printf "%*d" 6 42 }}', '    42'],
    ['{{ print "a" 1 2 "b" true 3 }}', 'a1 2btrue 3'],
    ['{{ println "a" 1 }}', 'a 1\n'],
    ['{{ len target }} {{ len variables }}', '7 2'],
    ['{{ slice target 0 3 }}{{ slice target 3 }}', 'reviews'],
    ['{{ urlquery "a b&c=d/e" }}', 'a+b%26c%3Dd%2Fe'],
    ['{{ html "<a href=\'x\'>&\\"" }}', '&lt;a href=&#39;x&#39;&gt;&amp;&#34;'],
    ['{{ js "it\'s <b>\\n" }}', "it\\'s \\u003Cb\\u003E\\u000A"],
    ['{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ not 0 }} {{ and true "last" }}', '0 x true last'],
    ['{{ or (index variables "nope") "fallback" }}', 'fallback'],
    [
      '{{ eq 1 2 1 }} {{ ne "a" "b" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1.5 0.5 }} {{ ge "b" "a" }}',
      'true true true true true true',
    ],
    [
      "{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 'a' }} {{ 1e3 }} {{ 2.50 }} {{ -3 }}",
      '1000 31 5 15 97 1000 2.5 -3',
    ],
    ['{{ "\\u00e9\\x41\\t|" }}{{ `raw \\n "text"` }}', 'éA\t|raw \\n "text"'],
    ['{{ if and (eq namespace "shop") (not false) }}in{{ end }}', 'in'],
    ['}} a {single} brace {', '}} a {single} brace {'],
  ])('%s renders as Go renders it', (template, text) => {
    expect(render(template)).toBe(text);
  });

  it.each([
    ['{{ namespace', 'is not closed', 0],
    ['a {{ "b }}', 'does not belong', 5],
    ['{{ }}', 'is empty', 0],
    ['{{ if true }}x', 'if }} has no {{ end }}', 0],
    ['{{ if true }}{{ else }}', 'has no {{ end }}', 0],
    ['x{{ end }}', '{{ end }} ends nothing', 1],
    ['{{ if 1 }}{{ else }}{{ else }}{{ end }}', 'more than one {{ else }}', 20],
    ['{{ range 1 }}{{ else if 1 }}{{ end }}', '{{ else }} of a range', 13],
    ['{{ break }}', 'stands in no range', 0],
    ['{{ template "x" }}', '{{ template }} is not supported', 0],
    ['{{ define "x" }}{{ end }}', '{{ define }} is not supported', 0],
    ['{{ include "x" }}', 'there is no function include; there are name, namespace', 3],
    ['{{ name "x" }}', 'name takes no arguments', 3],
    ['{{ "x" "y" }}', 'only a function can be given arguments', 3],
    ['{{ name | "x" }}', 'only a function can follow a |', 10],
    ['{{ printf"x" }}', 'a space is missing', 9],
    ['{{ (name }}', '( is not closed', 3],
    ['{{ name | }}', 'a value is missing', 0],
    ['{{ $x }}', 'the variable $x is not declared', 3],
    ['{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}', '$x is not declared', 35],
    ['{{ $x = 1 }}', '$x is not declared', 3],
    ['{{ nil }}', 'nil is not a value by itself', 3],
    ['{{ "\\q" }}', 'not an escape', 3],
    ['{{ 99999999999999999999 }}', 'not a number that Go would take', 3],
    ['{{ name.x }}', 'a string has no field x', 3],
    ['{{ range name }}{{ end }}', 'range cannot go over a string', 9],
    ['{{ len 3 }}', 'an int has no length', 3],
    ['{{ eq 1 "1" }}', 'an int cannot be compared with a string', 3],
    ['{{ not }}', 'not takes 1 arguments, not 0', 3],
    ['{{ slice name 3 1 }}', 'slice finds no such part', 3],
  ])('%s is refused: %s', (template, message, offset) => {
    expect(failureOf(template)).toBeInstanceOf(TemplateError);
    expect(failureOf(template)).toMatchObject({
      message: expect.stringContaining(message),
      offset,
    });
  });

  it.each([
    ['{{ variables.nope }}', 'no variable nope'],
    ['{{ index variables "nope" }}', 'no variable nope'],
    ['{{ printf "%s" (index variables "nope") }}', 'printf cannot write'],
    ['{{ print (index variables "nope") }}', 'no variable nope'],
    ['{{ . }}', 'no value here'],
    ['{{ variables }}', 'a map cannot be printed'],
    ['{{ printf "%d" name }}', 'printf cannot write a string with %d'],
    ['{{ printf "%s" }}', 'fewer arguments than verbs'],
    ['{{ printf "%s" name name }}', 'more arguments than verbs'],
    ['{{ printf "100%" }}', 'fewer arguments'],
    ['{{ printf "%#x" 3 }}', 'printf cannot write an int with %#x'],
    ['{{ range 1000000000 }}{{ end }}', 'too many steps'],
    ['{{ range 90000 }}{{ name }}{{ end }}', 'longer than 65536'],
    ['{{ printf "%99999s" name }}', 'pads to 1000'],
  ])('%s, of which Go would make a text that is no query, is refused: %s', (template, message) => {
    expect(() => render(template)).toThrow(message);
  });

  it('makes nothing fail in another way, whatever it says', () => {
    const pieces = fc.constantFrom(...PIECES);
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), (parts) => {
        const failure = failureOf(parts.join(''));
        expect(failure === undefined || failure instanceof TemplateError).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
