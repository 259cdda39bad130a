/** Somebody who wrote a commit of the source, as Git knows them. */
export interface Person {
  readonly name: string;
  readonly email: string;
}
