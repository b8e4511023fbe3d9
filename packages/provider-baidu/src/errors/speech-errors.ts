import { type BaiduErrorTable, errorTable } from './error-entry.ts'

const RETRY_EN = 'Repeat the call after a short pause.'
const RETRY_ZH = '稍候重试。'
const AUDIO_EN = 'Check format, sample rate and length of the audio.'
const AUDIO_ZH = '请检查音频的格式、采样率与时长。'

/** `err_no` of speech recognition (vop.baidu.com). */
export const RECOGNITION_ERRORS: BaiduErrorTable = /* @__PURE__ */ errorTable([
  [3300, 'give_up', 'Invalid input parameter.', '输入参数不正确。', AUDIO_EN, AUDIO_ZH],
  [3301, 'give_up', 'The audio is too poor.', '音频质量过差。', AUDIO_EN, AUDIO_ZH],
  [
    3302,
    'renew',
    'Authentication failed; or the quota is used up, or the sample rate is wrong: the code says all three.',
    '鉴权失败；也可能是配额用尽或采样率不符：此错误码三义。',
    'A new token is obtained once; if that does not help, check quota, the scope audio_voice_assistant_get and the sample rate.',
    '将重新获取令牌一次；若无效，请检查配额、权限 audio_voice_assistant_get 与采样率。',
  ],
  [3303, 'retry', 'The recognition service is busy.', '语音服务器后端问题。', RETRY_EN, RETRY_ZH],
  [
    3304,
    'slow_down',
    'More concurrent requests than allowed.',
    '请求并发超限。',
    'Slow down.',
    '请降低并发。',
  ],
  [
    3305,
    'configure',
    "Today's quota is used up.",
    '日请求量超限。',
    'Wait until tomorrow, or buy more quota in the console.',
    '请等待次日，或在控制台购买配额。',
  ],
  [3307, 'retry', 'Internal error of recognition.', '识别服务内部错误。', RETRY_EN, RETRY_ZH],
  [3308, 'give_up', 'The audio is too long.', '音频过长。', AUDIO_EN, AUDIO_ZH],
  [3309, 'give_up', 'The audio data is broken.', '音频数据问题。', AUDIO_EN, AUDIO_ZH],
  [3310, 'give_up', 'The audio file is too large.', '音频文件过大。', AUDIO_EN, AUDIO_ZH],
  [3311, 'give_up', 'The sample rate is not supported.', '采样率不受支持。', AUDIO_EN, AUDIO_ZH],
  [3312, 'give_up', 'The audio format is not supported.', '音频格式不受支持。', AUDIO_EN, AUDIO_ZH],
])

/** `err_no` of speech synthesis (tsn.baidu.com). */
export const SYNTHESIS_ERRORS: BaiduErrorTable = /* @__PURE__ */ errorTable([
  [500, 'give_up', 'The text is not supported.', '不支持的文本输入。', 'Check the text.', '请检查文本。'],
  [501, 'give_up', 'Invalid input parameter.', '输入参数不正确。', 'Check the parameters.', '请检查参数。'],
  [
    502,
    'renew',
    'Authentication failed; the token is meant if err_subcode is 110.',
    '鉴权失败；err_subcode 为 110 时指令牌失效。',
    'With err_subcode 110 a new token is obtained; else check that the application may use speech synthesis.',
    'err_subcode 为 110 时将重新获取令牌；否则请确认应用已开通语音合成。',
  ],
  [503, 'retry', 'The synthesis service is busy.', '合成后端错误。', RETRY_EN, RETRY_ZH],
  [513, 'give_up', 'The text is too long.', '文本过长。', 'Shorten the text.', '请缩短文本。'],
])
