/** As much of Baidu's own SDK as tests and benchmarks use; it brings no types along. */
declare module 'baidu-aip-sdk' {
  type Answer = Readonly<Record<string, unknown>>

  /** Options of one request, as its HTTP library takes them. */
  interface RequestOptions {
    readonly url: string
    readonly headers?: Readonly<Record<string, string>>
  }

  /** A request that is told the token it is sent with. */
  interface TokenTaker {
    makeDevOptions(token: { readonly token: string }): void
  }

  class Client {
    constructor(appId: string, apiKey: string, secretKey: string)
    setAccessToken(token: string, expireTime?: number): void
    doRequest<Request extends TokenTaker, Outcome>(
      request: Request,
      http: { postWithInfo(request: Request): Outcome },
    ): Promise<Outcome>
  }
  class Ocr extends Client {
    generalBasic(image: string): Promise<Answer>
  }
  class Translation extends Client {
    texttransV1(from: string, to: string, q: string): Promise<Answer>
  }
  class Speech extends Client {
    recognize(sound: Buffer, format: string, rate: number): Promise<Answer>
    text2audio(text: string): Promise<Answer & { readonly data?: Buffer }>
  }

  const sdk: {
    readonly ocr: typeof Ocr
    readonly machineTranslation: typeof Translation
    readonly speech: typeof Speech
    readonly HttpClient: {
      /** Lets a function change every request before it is sent. */
      setRequestInterceptor(interceptor: (options: RequestOptions) => RequestOptions): void
    }
  }
  export = sdk
}
