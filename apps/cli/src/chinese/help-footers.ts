/** What stands below the options of a command, by the name of the command. The commands in it are as in English. */
export const HELP_FOOTERS: Readonly<Record<string, string>> = {
  evergrant: `
密钥来自环境变量或文件，从不来自命令行参数：

  baidu     BAIDU_API_KEY     BAIDU_SECRET_KEY     （无需 --provider）
  wechat    WECHAT_APP_ID     WECHAT_APP_SECRET
  wecom     WECOM_CORP_ID     WECOM_CORP_SECRET
  feishu    FEISHU_APP_ID     FEISHU_APP_SECRET
  dingtalk  DINGTALK_APP_KEY  DINGTALK_APP_SECRET

没有密钥时，加上 --sandbox 即可在本机试用一切功能。

退出码：
    0  完成
    1  本程序的缺陷
    2  用法错误
    3  需要配置：密钥、URL 或权限
    4  授权已结束：请重新登录
    5  请稍后再试
    6  对方不可信：请检查 URL 以及由谁应答
    7  已拒绝
    8  API 返回错误
  130  已中断`,
  token: `
标准输出只有令牌，便于在脚本中使用：

  TOKEN=$(evergrant token)
  evergrant token --sandbox --json
  evergrant token --provider wechat  # 使用 WECHAT_APP_ID 与 WECHAT_APP_SECRET

运行 "evergrant login" 之后，即为该登录的令牌：由 --as 指定；没有密钥时，为默认
登录。

令牌会保存下来，到期续期之前再次运行得到的是同一令牌；--store 指定存放之处。内置
沙箱的令牌不会保存。`,
  login: `
在授权服务器上登录并保存授权：默认存于您自己的目录，--store 可另行指定。客户端须
在该处注册为可重定向到 http://127.0.0.1 的原生应用（RFC 8252），或获准使用设备流
程。

  evergrant login --issuer https://as.example --client-id my-tool \\
    --scope openid --scope offline_access
  evergrant token                # 该授权的令牌，到期前续期
  evergrant logout               # 在服务器上吊销，并在本机删除

客户端密钥来自 EVERGRANT_CLIENT_SECRET 或文件；程序记住的是它所在之处，每次都从
那里重新读取。多个登录以名称区分：--as work。`,
  inspect: `
不询问任何人，也不发送任何内容。既不需要签名，也不验证签名：这里显示的是令牌所说
的内容，而非其真伪。命令行参数可被本机其他用户看到；"-" 则从标准输入读取令牌：

  evergrant token --sandbox | evergrant inspect -`,
  scopes: `
已授予的权限来自令牌应答，若令牌为 JWT 则来自令牌自身。所需的权限来自您指定的
URL（以平台文档所述为限）以及 --needs。不会发起调用。

  evergrant scopes --sandbox
  evergrant scopes https://vop.baidu.com/server_api \\
    https://aip.baidubce.com/rest/2.0/ocr/v1/general_basic

若有所需而未授予的权限，则以代码 3 结束。已授予而不需要的权限可以收回。`,
  call: `
令牌放在 API 所要求的位置，且只向平台主机的 https URL 出示；--allow-host 可添加
其他主机。加上 --sandbox，同一 URL 即发往沙箱：

  evergrant call --sandbox https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1 \\
    -d '{"q":"你好","from":"zh","to":"en"}'

  evergrant call --provider wechat \\
    https://api.weixin.qq.com/cgi-bin/get_api_domain_ip

以 "@" 开头的请求体与 curl 的读法相同：读取该名称的文件，"@-" 读取标准输入，均去
掉换行。"-" 则保留换行。

运行 "evergrant login" 之后，使用该登录的令牌：由 --as 指定；没有密钥时，为默认
登录。令牌可向其服务器出示；其他 API 须逐一指定：

  evergrant call --as work --allow-host api.example https://api.example/me

被 API 拒绝的令牌会更换，并重复调用一次。`,
  agent: `
供其他语言的程序使用：它们在需要时索取令牌，接触不到密钥与刷新令牌。续期在有人等
待之前完成。

  curl --unix-socket <套接字> http://agent/v1/token

套接字供本用户的程序使用。加上 --port，则同时在 127.0.0.1 上监听，以密钥作为
bearer令牌者方可使用；密钥应取自文件，因为命令行的内容本机任何人都能看到：

  printf 'Authorization: Bearer %s' "$(cat <密钥文件>)" |
    curl -H @- <URL>/v1/token

仪表盘与 Prometheus 所用的 /metrics 接受查看密钥，该密钥不能换取令牌。多个授权写
在一个文件中，各有其在此处的选项，以 /v1/grants/<名称>/token 索取：

  {"ocr": {"provider": "baidu", "api-key-file": "id", "secret-key-file": "key"},
   "chat": {"provider": "feishu"},
   "mine": {"as": "me", "label": "我的登录"}}

API 拒绝某个令牌时，请先告知，再重新索取：

  printf '{"access_token":"%s"}' "$token" |
    curl --unix-socket <套接字> -H 'content-type: application/json' \\
      -d @- http://agent/v1/grants/default/rejections`,
  sandbox: `
在本机充当平台的替身。百度：应答完全一致的令牌端点、以 Access Key 换取 Bearer 密
钥、文本翻译、文字识别与语音。其他平台：令牌端点、任意 API，以及令牌请求对先前令
牌的影响。它通过 HTTP 控制，例如：

  json='content-type: application/json'
  curl -H "$json" -d '{"advanceMs":2592000000}' <url>/sandbox/clock
  curl -H "$json" -d '{}' <url>/sandbox/revoke
  curl -H "$json" -d '{"fault":"json_503","times":3}' <url>/sandbox/fault
  curl <url>/sandbox/state`,
  keygen: `
文件中每行一把密钥，格式为 <id>:<32 字节的 base64>，当前密钥在首行；仅其所有者可
读。多个进程共用一个存储时，更换密钥的步骤：

  1. evergrant keygen --last ring
     并将文件分发给所有进程：它们便能读取新密钥将要封存的内容
  2. 将该行移至首行，再次分发文件
  3. evergrant rekey --keyring ring
     直到旧密钥下不再有记录；然后删去旧密钥所在的行

请保留副本：没有密钥，其封存的内容便丢失了。

加上 --service，密钥留在 HashiCorp Vault Transit 或 AWS KMS 中，文件只写明其所
在：

  evergrant keygen ring --service "vault url=https://vault.example key=grants"
  evergrant keygen ring --service "aws-kms key=alias/grants region=cn-north-1"

Vault 需要 VAULT_TOKEN，或在设置中写明 token-file=；AWS 使用其 SDK 所找到的凭
据。`,
  rekey: `
每条记录单独替换，且仅当其内容与所读一致：此命令可随时终止、再次运行，也可在他人
使用存储时运行。无法解开的记录原样保留，并计入总数。`,
  wrap: `
密钥来自标准输入，密文写到标准输出：这是可以写入配置的文本。@evergrant/kms 的
decryptedSecret() 以相同的绑定内容读取它。

  evergrant wrap --keyring ring < secret-key > secret-key.kms

密钥服务自带的工具作用相同："aws kms encrypt"、
"vault write transit/encrypt/<key>"。`,
  doctor: `
只检查本机，除所配置的存储与密钥服务外不询问任何人。加上 --source，则在目录下的
文件中查找所配置的密钥，以及形似密钥的文本。若有需要处理之处，则以代码 3 结束，
因此可用于构建：

  evergrant doctor --source . --source-only

含有 "evergrant: not a secret" 的行不作检查。`,
  audit: `
设置 EVERGRANT_AUDIT=<目录> 后，每个命令都会记录其对密钥的使用；设置
EVERGRANT_AUDIT_KEY=<文件> 则为记录签名。请将 "verify" 输出的链首保存在别处：此
后若日志被截断，--head 即可发现。`,
  'second-factor': `
启用二次验证后，凡显示、导出、导入、吊销、添加密钥或重新封存的命令，均须输入验证
器的验证码（RFC 6238）。每个验证码只能使用一次；一刻钟内输错五次，即锁定同样时
长。`,
  bundle: `
用于无法联网的机器。双方各准备一次：

  evergrant bundle keygen --use encrypt --out plant   在无法联网的一方
  evergrant bundle keygen --use sign --out office     在可以联网的一方

此后，交换 .pub 文件，每当需要令牌时：

  evergrant bundle create --to plant.pub --sign office.key \\
    --valid 7d --out march.bundle
  evergrant bundle import march.bundle --key plant.key --trust office.pub
  evergrant token             在该处使用，并配置相同的密钥`,
}
