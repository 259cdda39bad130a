/** A template that is not understood, or that cannot be rendered with these values. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    message: string,
    /** Where in the template: characters from its beginning. */
    readonly offset: number,
    /** The variable that is missing, where that is all. */
    readonly missing?: string,
  ) {
    super(message);
  }
}
