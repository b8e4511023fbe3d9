/** The few parts of Baidu's SDK, which comes without types, that its program uses. */
declare module 'baidu-aip-sdk' {
  interface TokenTaker {
    makeDevOptions(token: { readonly token: string }): void
  }

  class Client {
    constructor(appId: string, apiKey: string, secretKey: string)
    doRequest<Request extends TokenTaker, Answer>(
      request: Request,
      http: { postWithInfo(request: Request): Answer },
    ): Promise<Answer>
  }

  const sdk: {
    readonly machineTranslation: typeof Client
    readonly HttpClient: {
      setRequestInterceptor(
        intercept: (options: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
      ): void
    }
  }
  export default sdk
}
