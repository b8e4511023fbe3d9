/** What commands, options and arguments are for: in English as the command line says it, and in Chinese. */
export const HELP_TEXTS: Readonly<Record<string, string>> = {
  'Obtain, inspect and use OAuth 2.0 access tokens: first of all those of the Baidu AI Open Platform.':
    '获取、查看并使用 OAuth 2.0 访问令牌，首先是百度 AI 开放平台的令牌。',
  'output the version number': '显示版本号',

  // Commands.
  'obtain an access token and print it': '获取访问令牌并输出',
  'sign in at an authorization server, in the browser or with a code':
    '在授权服务器上登录：使用浏览器或验证码',
  'revoke a grant at its server, and forget it': '在服务器上吊销授权，并在本机删除',
  'show what a token says about itself: Baidu tokens and JWTs': '解读令牌自身携带的信息：百度令牌与 JWT',
  'show what a token may do, and what calls need': '显示令牌拥有的权限，以及调用所需的权限',
  'make an authorized request to an API': '向 API 发起已授权的请求',
  'hand out tokens to programs in other languages until interrupted': '向其他语言的程序发放令牌，直到被中断',
  'run a stand-in for a platform until interrupted': '运行平台的替身，直到被中断',
  'make a keyring for sealed storage, or add a key to one': '为加密存储生成密钥环，或向其中添加密钥',
  'seal everything in a store under the current key of the keyring':
    '用密钥环的当前密钥重新封存存储中的全部记录',
  'encrypt a client secret with a key that stays at a key service': '用密钥服务中的密钥加密客户端密钥',
  'look for what is wrong with keys, their files and what surrounds them':
    '检查密钥、密钥文件及其周边配置的问题',
  'verify and sum up the log of what was done with keys': '验证并汇总密钥使用日志',
  'find lines that were changed, removed or put in another order': '找出被改动、删除或调换顺序的行',
  'say of every key when and where it was used, and what failed':
    '列出每把密钥的使用时间与地点，以及失败之处',
  'have sensitive commands ask for the code of an authenticator': '让敏感命令索要验证器的验证码',
  'show a code to scan, and begin': '显示供扫描的二维码，并启用',
  'do without from now on': '停用',
  'say whether one was set up': '显示是否已设置',
  'carry tokens to machines without a network, signed and encrypted':
    '把令牌签名并加密后携带到无法联网的机器',
  'fetch a token ahead and write it into one encrypted file': '预先获取令牌，写入一个加密文件',
  'show whom a bundle is for and until when; no key is needed, and nothing is verified':
    '显示离线凭证包的接收方与期限；无需密钥，也不作验证',
  'verify a bundle and list what is inside': '验证离线凭证包，并列出其中内容',
  'put what is inside a bundle into a store': '将离线凭证包中的内容存入存储',
  'make a pair of keys: NAME.key stays where it is, NAME.pub goes to the other side':
    '生成一对密钥：NAME.key 留在原处，NAME.pub 交给另一方',

  // Where tokens come from.
  'whose tokens; baidu if nothing is said': '哪个平台的令牌；不指定则为 baidu',
  'use an embedded sandbox instead of the platform: no keys, no network':
    '用内置沙箱代替平台：无需密钥，无需网络',
  'use the sandbox that "evergrant sandbox" runs': '使用 "evergrant sandbox" 所运行的沙箱',
  'another token endpoint than the platform has': '使用平台之外的令牌端点',
  'read the API Key, or what the platform calls the id, from a file':
    '从文件读取 API Key（或平台所称的应用 id）',
  'read the Secret Key, or what the platform calls it, from a file':
    '从文件读取 Secret Key（或平台所称的密钥）',
  'keep tokens in a directory, at a redis: URL, or in "memory" (EVERGRANT_STORE)':
    '令牌存于目录、redis: URL 或 "memory"（EVERGRANT_STORE）',
  'seal what is kept, with the keys of this file (EVERGRANT_KEYRING)':
    '用此文件中的密钥加密所存内容（EVERGRANT_KEYRING）',
  'use the sign-in of this name': '使用此名称的登录',
  'print what is known about the token, and the token, as JSON': '以 JSON 输出令牌及其已知信息',
  'print the header field that carries it': '输出携带令牌的请求头',
  'print a curl command that uses the token': '输出使用该令牌的 curl 命令',
  'how long the token must at least live': '令牌至少还须有效的时间',

  // Sign-ins.
  'the server, by its issuer URL': '授权服务器，以其 issuer URL 指定',
  'a server that is known by name: baidu': '以名称指定的服务器：baidu',
  'with --provider: another token endpoint': '与 --provider 合用：另一个令牌端点',
  'the client that is registered there (EVERGRANT_CLIENT_ID)': '在该处注册的客户端（EVERGRANT_CLIENT_ID）',
  'its secret, if it has one (EVERGRANT_CLIENT_SECRET)': '客户端密钥（如有；EVERGRANT_CLIENT_SECRET）',
  'for Baidu: read the API Key from a file instead of BAIDU_API_KEY':
    '用于百度：API Key 取自文件，而非 BAIDU_API_KEY',
  'for Baidu: the same for the Secret Key and BAIDU_SECRET_KEY':
    '用于百度：Secret Key 取自文件，而非 BAIDU_SECRET_KEY',
  'a scope to ask for, as often as needed': '请求的权限，可多次指定',
  'the name to remember it by': '为此次登录所取的名称',
  'the port on 127.0.0.1 for the answer; 0 takes a free one':
    '在 127.0.0.1 上接收结果的端口；0 表示任一空闲端口',
  'in a container: the address that the port of 127.0.0.1 is passed on to':
    '在容器中：127.0.0.1 的端口所转发到的地址',
  'who may connect: an address or a range, as often as needed; this machine alone by default':
    '允许连接者：地址或网段，可多次指定；默认仅限本机',
  'another address that is registered, or oob': '已注册的另一个回调地址，或 oob',
  'print the address instead of opening it; the answer may be pasted':
    '只输出地址而不打开浏览器；结果可以粘贴回来',
  'show a code to enter in a browser anywhere': '显示验证码，可在任何浏览器中输入',
  'how many minutes to wait for you': '等待您操作的分钟数',
  'keep the grant in a directory or at a redis: URL (EVERGRANT_STORE)':
    '授权存于目录或 redis: URL（EVERGRANT_STORE）',
  'seal what is kept with the keys of this file (EVERGRANT_KEYRING)':
    '用此文件中的密钥加密所存内容（EVERGRANT_KEYRING）',
  'do it without asking: for scripts': '不再询问，直接执行：用于脚本',
  'without effect: this command asks for a code at most': '不起作用：此命令至多索要验证码',
  'the code of the second verification, where one was set up': '二次验证的验证码（如已设置）',
  'the name of the sign-in': '登录的名称',
  'where it is kept (EVERGRANT_STORE)': '存放之处（EVERGRANT_STORE）',

  // Tokens and calls.
  'the token, or "-" for standard input': '令牌；"-" 表示标准输入',
  'print it as JSON': '以 JSON 输出',
  'URLs of APIs that are called': '所调用 API 的 URL',
  'a scope that is needed, as often as there are': '所需的权限，可多次指定',
  'the URL of the API, without a token': 'API 的 URL，不含令牌',
  'the method; GET, or POST when there is data': '请求方法；默认 GET，有数据时为 POST',
  'the body: JSON or a form; of a file: @path; of standard input: @-':
    '请求体：JSON 或表单；来自文件用 @路径，来自标准输入用 @-',
  'a header line, as often as needed': '请求头，可多次指定',
  'a host that may be shown the token, besides those it is for': '除令牌所属主机外，可向其出示令牌的主机',
  'a scope without which the call is not made': '缺少此权限则不发起调用',

  // The agent and the sandbox.
  'serve several grants, which a JSON file names': '服务多个授权，由 JSON 文件列出',
  'the Unix socket; agent.sock in the runtime or state directory by default':
    'Unix 套接字；默认为运行时目录或状态目录中的 agent.sock',
  'listen on this port of 127.0.0.1, too; 0 takes a free one':
    '同时监听 127.0.0.1 的此端口；0 表示任一空闲端口',
  'the address of the port; 127.0.0.1 by default': '端口所在的地址；默认 127.0.0.1',
  'the key for the port, made if missing; agent.key in the state directory by default':
    '端口的密钥，没有则生成；默认为状态目录中的 agent.key',
  'the key that only shows how things are; agent-view.key by default':
    '只能查看状态的密钥；默认为 agent-view.key',
  'the platform': '平台',
  'the port; 0 takes a free one': '端口；0 表示任一空闲端口',
  'the address to listen on; 127.0.0.1 by default, 0.0.0.0 for all':
    '监听的地址；默认 127.0.0.1，0.0.0.0 表示所有地址',
  'how long its tokens live; as at the platform by default': '令牌的有效时间；默认与平台相同',
  'calls per second that an application may make; of Baidu only': '每个应用每秒可调用的次数；仅用于百度',

  // Keyrings and secrets.
  'where the keyring is, or is to be': '密钥环所在，或将在之处',
  'what to call the key; a random name by default': '密钥的名称；默认为随机名称',
  'name a key that stays at a key service, instead of making one': '指定密钥服务中的密钥，而不另行生成',
  'add the key at the end: it opens, and does not seal yet': '将密钥加在末尾：可以解开，尚不用于封存',
  'a directory, or a redis: URL (EVERGRANT_STORE)': '目录或 redis: URL（EVERGRANT_STORE）',
  'the keyring, the current key first (EVERGRANT_KEYRING)': '密钥环，当前密钥在首行（EVERGRANT_KEYRING）',
  'seal records in clear, too: those from before sealing began': '明文记录也一并封存：即启用加密之前的记录',
  'print the result as JSON': '以 JSON 输出结果',
  'the keyring that says where the key is (EVERGRANT_KEYRING)': '指明密钥所在的密钥环（EVERGRANT_KEYRING）',
  'which of its keys; the first one that stays at a service by default':
    '使用其中哪把密钥；默认为首把存于密钥服务的密钥',
  'what to bind it to, as often as needed': '与之绑定的内容，可多次指定',

  // Doctor, audit and second verification.
  'whose keys; of baidu if nothing is said': '哪个平台的密钥；不指定则为 baidu',
  'the API Key, or the id, is in a file instead of the environment':
    'API Key（或应用 id）在文件而非环境变量中',
  'the Secret Key, or the secret, is in a file': 'Secret Key（或密钥）在文件中',
  'what is kept is sealed with the keys of this file (EVERGRANT_KEYRING)':
    '所存内容以此文件中的密钥加密（EVERGRANT_KEYRING）',
  'search the files below it for the keys, and for what looks like some':
    '在此目录下的文件中查找这些密钥，以及形似密钥的文本',
  'look at nothing else: for a build, where no keys are': '只查找源码：用于没有密钥的构建环境',
  'print the findings as JSON': '以 JSON 输出检查结果',
  'the Ed25519 key, in PEM, that every line must be signed with': '每一行都须由其签名的 Ed25519 公钥（PEM）',
  'an entry that has to be there; may be repeated': '必须存在的条目，可多次指定',
  'print the verdict as JSON': '以 JSON 输出结论',
  'call a key unused that nobody has used for so long': '超过此天数无人使用的密钥视为闲置',
  'print the report as JSON': '以 JSON 输出报告',
  'its code': '验证器的验证码',

  // Bundles.
  'the bundle to write; it must not exist': '要写入的离线凭证包，该文件不得已存在',
  'the private key that signs it, which the other side trusts': '为其签名、受另一方信任的私钥',
  'the public key of the recipient': '接收方的公钥',
  'a passphrase in place of a public key': '以口令代替公钥',
  'within which time it has to be imported: 30m, 24h, 7d': '须在多长时间内导入：30m、24h、7d',
  'who makes it, in words': '制作者说明',
  'what for, in words': '用途说明',
  'the bundle': '离线凭证包',
  'the private key of the recipient': '接收方的私钥',
  'the passphrase, in its place': '代替私钥的口令',
  'a public key whose bundles are accepted, as often as needed': '接受由其签名的离线凭证包的公钥，可多次指定',
  'accept tokens of this provider only': '只接受此平台的令牌',
  'print the tokens, too': '同时输出令牌',
  'a directory, a redis: URL, or "memory" (EVERGRANT_STORE)':
    '目录、redis: URL 或 "memory"（EVERGRANT_STORE）',
  'forget the latest time that was seen, once the clock has been set right':
    '时钟校准后，忘记此前所见的最晚时间',
  'the files to write, without ".key" and ".pub"': '要写入的文件名，不含 ".key" 与 ".pub"',
  'to make bundles, or to open them': '用于制作还是打开离线凭证包',
}
