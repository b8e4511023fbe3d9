import type { ChineseFailures } from './failure-entry.ts'

/** Of token endpoints, their answers, and grants. */
export const TOKEN_FAILURES = {
  invalid_request: [
    '令牌端点认为某个参数缺失、重复或无法识别。',
    '请检查端点 URL、授权类型，以及客户端 id 与密钥是否为空。',
  ],
  invalid_client: ['令牌端点不接受该客户端 id 或密钥。', '请检查二者是否正确，且属于该平台。'],
  invalid_grant: [
    '刷新令牌或授权码无效、已过期、已吊销或已被使用。',
    '请重新取得授权：让用户再次登录，或导入新的刷新令牌。',
  ],
  unauthorized_client: ['该客户端不得使用此授权类型。', '请在平台为该客户端启用此授权类型，或改用其他类型。'],
  unsupported_grant_type: ['令牌端点不支持此授权类型。', '请检查端点 URL，并选用平台支持的授权类型。'],
  invalid_scope: ['所请求的权限未知、有误或超出已授予的范围。', '请只请求平台已为该客户端开通的权限。'],
  invalid_target: ['服务器不认识所请求的资源或受众。', '请检查所配置的受众与资源。'],
  use_dpop_nonce: [
    '服务器连续两次要求在密钥持有证明中使用其随机数。',
    '若持续出现，请检查同一 URL 后面是否有多台随机数不同的服务器。',
  ],
  invalid_dpop_proof: [
    '服务器不接受密钥持有证明。',
    '请检查本机时钟、服务器是否支持该密钥的算法，以及代理是否改动了方法或 URL。',
  ],
  unsupported_token_type: ['服务器不吊销此类令牌。'],
  access_denied: ['资源所有者或服务器拒绝了请求。', '仅在对方愿意同意时再次请求。'],
  server_error: ['令牌端点发生内部错误。'],
  temporarily_unavailable: ['令牌端点过载、正在维护或限制了请求频率。'],
  response_empty: ['令牌端点的应答为空。', '请检查该 URL 确为令牌端点，且没有代理代为应答。'],
  response_html: [
    '令牌端点返回的是 HTML 页面，而不是 JSON。',
    '请检查 URL 是否有误或末尾有多余字符，以及是否经过代理或上网认证页面。',
  ],
  response_not_json: [
    '令牌端点的应答不是一个完整的 JSON 对象。',
    '请检查该 URL 确为令牌端点；应答被截断则多为网络问题。',
  ],
  response_duplicate_member: ['应答中同一成员出现两次。', '请告知平台，并检查是否有改写应答的代理。'],
  response_wrong_type: ['应答中某个成员的类型或取值不合规范。', '请告知平台，或选用与其应答相符的配置。'],
  response_without_token: ['应答表示成功，却没有访问令牌。', '请检查该 URL 确为此平台的令牌端点。'],
  response_too_large: ['应答过大。', '请检查是谁在应答。'],
  response_status: ['应答的状态码不是令牌端点应有的。', '请检查该 URL 确为令牌端点，且没有代理代为应答。'],
  redirected: [
    '令牌端点返回了重定向；带有凭据的请求从不跟随重定向。',
    '请配置最终的 URL，并检查其为 https。',
  ],
  token_malformed: [
    '令牌为空、过长，或含有请求头无法携带的字符。',
    '请告知平台，并检查是否有改写应答的代理。',
  ],
  token_not_bound: [
    '请求的是与密钥绑定的令牌，服务器却给了 Bearer 令牌。',
    '请在服务器为该客户端启用 DPoP。',
  ],
  token_type_unknown: ['此客户端无法使用这种类型的令牌。', '请让平台签发 Bearer 令牌。'],
  lifetime_not_positive: ['按应答所述，令牌已经过期。', '请告知平台。'],
  endpoint_missing: ['所需的端点未知。', '请配置其 URL，或由签发者发现；并检查服务器是否支持该流程。'],
  flow_unknown: ['没有登录在等待这个应答：它已被处理、已过期，或始于别处。', '请重新登录。'],
  flow_expired: ['登录未能及时完成。', '请重新登录。'],
  issuer_mismatch: [
    '应答来自另一个签发者。',
    '请先检查签发者 URL 末尾的斜杠（见详情）；否则请勿使用该应答：可能是混淆攻击。',
  ],
  callback_malformed: [
    '授权端点的重定向既没有授权码，也没有错误。',
    '请检查重定向 URI，以及途中是否丢失了查询参数。',
  ],
  endpoint_not_found: ['此 URL 没有令牌端点。', '请检查 URL 与授权类型。'],
  response_lost: ['一次性刷新令牌已经使用，而其应答丢失。', '请重新取得授权。'],
  refresh_token_missing: [
    '令牌已失效，且没有刷新令牌。',
    '请重新取得授权；若平台有离线访问权限，请一并请求。',
  ],
  grant_dropped: ['该授权已被主动丢弃。', '请重新取得授权。'],
  lifetime_too_short: ['平台的令牌有效期短于所需。', '请用 --min-valid 要求比令牌完整有效期更短的时间。'],
  token_not_renewed: [
    '平台再次给出原有的令牌，其剩余有效期不足。',
    '请等待：此类平台只在旧令牌临近到期时才签发新的。',
  ],
  token_rejected_again: [
    '接连两个令牌都在签发后不久被拒绝，更换无济于事。',
    '请检查权限、地域、令牌与 API 是否属于同一环境，以及是否有人在吊销令牌。',
  ],
} as const satisfies ChineseFailures
