/** The way to one repository, beside its URL. */
export interface Access {
  /**
   * Asked with each connection, so that a rotated secret is used as soon as it is there.
   *
   * @throws ProblemError for credentials that cannot be used
   */
  open(): Promise<OpenAccess>;
  /** The server did not take the login: one that was only borrowed is not shown again. */
  refuse(): void;
}

export interface OpenAccess {
  readonly login?: Login;
  /** Certificates that the server's own is signed with, as a file. */
  readonly caFile?: string;
  readonly ssh?: SshFiles;
  /** The API of a GitHub Enterprise server that the login is for. */
  readonly githubApi?: string;
  /** What must appear nowhere. */
  readonly secrets: readonly string[];
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface SshFiles {
  readonly identity: string;
  readonly knownHosts: string;
}
