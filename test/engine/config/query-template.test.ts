import { describe, expect, it } from 'vitest';
import {
  queryMistake,
  type QueryModel,
  renderQuery,
} from '../../../engine/config/query-template.ts';

const MODEL: QueryModel = {
  name: 'reviews',
  namespace: 'shop',
  target: 'reviews-v2',
  service: 'reviews-svc',
  ingress: 'reviews-in',
  route: 'reviews-route',
  interval: '1m30s',
  variables: { direction: 'inbound' },
};

describe('a query', () => {
  it('is rendered with everything that Flagger lets it ask', () => {
    const template =
      '{{ name }} {{ namespace }} {{ target }} {{ service }} {{ ingress }} {{ route }} {{ interval }} {{ variables.direction }}';
    expect(renderQuery(template, MODEL)).toEqual({
      query: 'reviews shop reviews-v2 reviews-svc reviews-in reviews-route 1m30s inbound',
    });
  });

  it('keeps its lines and loses the white space around it', () => {
    const template = '\n  sum(\n    rate(x[{{ interval }}])\n  )\n';
    expect(renderQuery(template, MODEL)).toEqual({ query: 'sum(\n    rate(x[1m30s])\n  )' });
  });

  it('that lacks a variable says which, and in what line', () => {
    const template = 'sum(\n  x{zone="{{ variables.zone }}"}\n)';
    expect(renderQuery(template, MODEL)).toEqual({
      mistake: { message: 'there is no variable zone', line: 2, missing: 'zone' },
    });
    expect(queryMistake(template)).toBeUndefined();
  });

  it('finds nothing in what every object has', () => {
    for (const key of ['constructor', 'toString', '__proto__']) {
      expect(renderQuery(`{{ variables.${key} }}`, MODEL)).toMatchObject({
        mistake: { missing: key },
      });
    }
    expect(queryMistake('{{ constructor }}')).toMatchObject({ line: 1 });
  });

  it('that is not understood is a mistake whoever it is rendered for', () => {
    const template = 'a\nb {{ include "c" }}';
    const mistake = { line: 2, message: expect.stringContaining('no function include') };
    expect(queryMistake(template)).toEqual(mistake);
    expect(renderQuery(template, MODEL)).toEqual({ mistake });
  });

  it('that renders to nothing is a mistake', () => {
    const mistake = { message: 'it renders to nothing', line: 1 };
    expect(renderQuery('{{ if false }}x{{ end }} \n', MODEL)).toEqual({ mistake });
  });
});
