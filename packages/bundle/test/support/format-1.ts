/**
 * Bundles that a version of format 1 has made, and what opens them. They must open for as long as format 1 is read:
 * made once, never made again. The keys are for this and nothing else.
 */
export const MADE_AT = 1767225600000
export const FIXED_TOKEN = '24.fixed-token-of-the-vector'
export const FIXED_PASSPHRASE = 'correct horse battery staple'
export const SIGNER_PUBLIC = {
  kty: 'EC',
  x: 'OygBWGmn6veY-9m9qr_rBJaliK41SZGZQ7i6QS6POSA',
  y: 'mUpN8b47mkZeAaTpLpyyEqtJkUzQTWRJIRdJiGibSmI',
  crv: 'P-256',
  use: 'sig',
  alg: 'ES256',
  kid: 'OXA8g-7365E-JdSDEgl0i1ACmrkSx1q_0xk96yEvSmo',
}
export const RECIPIENT_PRIVATE = {
  kty: 'EC',
  x: 'BVaKcofMeWSPmsZyjjH7vvuQ0hbzHDRvOXyfINXDYD0',
  y: '08qdVYIPNaCsfXYHRzcQ2L9Vm87PfeJHUOUXGAeyZxA',
  crv: 'P-256',
  d: '1cmNh0t4okyji8s0lL5NxOEyaDDprSElZk2NWkjTFBU',
  use: 'enc',
  alg: 'ECDH-ES+A256KW',
  kid: 'sToZu3esYvVm3zdg_H1441oZGyJSmHEqs3hk1NP3-GA',
}
export const BUNDLE_TO_KEY = [
  'eyJ0eXAiOiJldmVyZ3JhbnQtYnVuZGxlIiwiZm9ybWF0IjoxLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoic1RvWnUzZXNZdlZt',
  'M3pkZ19IMTQ0MW9aR3lKU21IRXFzM2hrMU5QMy1HQSIsImlhdCI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MzEyMDAwLCJhbGci',
  'OiJFQ0RILUVTK0EyNTZLVyIsImVwayI6eyJ4IjoiUjU4REYwTC0tcl9lcE1SZDFEZlMtQ0VGMDhRSkg3aVBnYlBLR1R4SDk4',
  'byIsImNydiI6IlAtMjU2Iiwia3R5IjoiRUMiLCJ5IjoiQW5LR0oyT1RRZDBFeDhvU3dEN19qOUc2SGNKVFJJanVuSnN4eDhT',
  'UEFUZyJ9fQ.jfG7BS12wPvZ4SmUw8BtPVnizMTbxKE9bNfU8pkNc3FEeolHjMzQiQ.1ss8sWEErtgBz6A7.Q6zvnRBTxRBGG',
  'uw6mb2YgSzSgsyDWi3n5OZQtZGzI_mYPRlArDiJJy2jHAixyTRSFF6JC_rsji_u5R8N28WpIQ1kjedXhpSgxwPxCKGBjEV9J',
  '-f-ocMn0enptyjL0THIcZbSrjnE6DePDeW9azCM8KP4c4agT-94M7DJ-VFLS-Umtz9SjvxWP6Rx9Q8XdR3rS5mGRmEdMRhaw',
  'mf63d9H1oJb0DAB9KKKe8b-cZ7WEC2u9_jVyNmBQP0Dfe32zxaWPc1jIZeLQh3ekxWBttRjPPpnxl1QVoRu0Xg_oysHYh6HG',
  'nRJqflkqvTSrmZbdKjAvhAVnSCAP8Fz9F9JEicG_w-3MbsviMp9_nQCZtc8hFHTDDh9jYO363H-bAa0sh4rQ9nZNAaM-sP9G',
  'ml_uAIYTn8Ca2qb04I5lr0NtDvSNnGjP3CoRx2UkPPKPgwGU6nX8tUOuDeAJiVrx5w1sl-vf2up2BtIpMEMOyXVTr2VWh64Y',
  'EkbCGdocANeiFEgpTrehCxSAzNMKthTLl1MeM9bVt1DWi9JtcfHV3aR30hXfD35euwfELRd1aXKB2MS-qtApmZ3uEukOpNzE',
  'frmOE48s52UMw7JK7dk0gX8kA9SA5Fsm7Dr4JuqfCtLpgDscss4kYzv9p-8FlfyvjH-UpEPD9Uqi7Vf7-5ECq_50CckOT1mp',
  'MMdBONpKZSKatSUzIpRiUxGTFk-sRaTgEU8Kd-ZO3VrN11jzr4eTkez8HqtS4CHBGoB597ZSux5sGe4P4iAQCLCGbdespb1t',
  'hKImdi_Wbl5YZvrYn3l4hyS8hIygFe3zM4HV-5KMz5BBHS84ZJ2n5zYw_QKmnHMIg1HvApuCbUpDLzMicEOD7P9R-7HyTKNN',
  'PYwJ-WQBwCmOysGBf03HO7x1GiSLTNTrne5ppzGRK6YRMA091xzWXLAwMkzbnrPMjeow-losrVKuT0zQLDSTpu9WgGnLlBki',
  '-5nbHGzh8rpF7VBHwFVPSYCeW1rjw13NcnUWHXVEw7UNy4omVafTqT5sTPBUxBN4Q8Po2CIWa67P6xJsaSwnfP1EzmrVUH9b',
  'KyDjRp3e4W7ulQ43TqQ-enqPBGqToZLhCwXYlOPfjdEUL32Wz3Y2zVkwzfyGaATUV00wk5IxwWFZbCvCVio8EYlbuDK_OvTA',
  '5XigYdtlRu08MMSOvrh8Src83rAZTkubKHJiEiwkbRrE-BHFA8I3Sfm3ty9rCdBs52YnYGCag_B1YfO7zcUuIpV-KfIpA7k-',
  'uoDK-6JpFS_1LFCPRemeO8Hba3nobkqqh4QKkCJfSDgTifNqi9CWPucNU959iW3Nzr3EsHyQMKpkMREnITR1CANm0TXOnBa9',
  '1hinJAeOoNS4hljGia9v3rZrn--1FDXA5XPO3cHJ8vmEJYR5p1LAo6OjDKhqDRu-5VKNO3AXdUGn3s48hf07rEtyP6W6AKyT',
  'bsEw1RockcL_3JrdyEwDZcZOOxBsWDqlITQHhOfuCRs8NOOESH2hNIDarQf5nX5ltTwAkpSwbd__wByn3I0wIpNBcG4w66ud',
  '3BhvsJom1pDrkbtrmrL5vxdChKTLkf6X7e-SgDpVeaHIV4N2AykeJyKLJuETU3cVj1JodCaQ5vTdF1DdgxpjATcoknymLvkE',
  'bXt9TAUasGufkLwDiHO5j6E2BOn8u09WwHK006Sbua6W6OMPLZAGIkjRnlhvHiRhLwvILcf8-2Wh6rHByFlFjWZmBhkr0_Kw',
  'fffKmtcFwcQmjCG_QXGxXmEfDOKjivy6HsVynewtugsV9yrQYdFoHuCY_zgKKIpRtPIPZ09m7XqIZb_feXdiU_-gUlpyW9P3',
  'faa.P-e48HD0xFZh6-4hf0tL4Q',
].join('')
export const BUNDLE_TO_PASSPHRASE = [
  'eyJ0eXAiOiJldmVyZ3JhbnQtYnVuZGxlIiwiZm9ybWF0IjoxLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiNW00ZlJGa19kQVpS',
  'U21JMExWb0FwdmFKN3cwN2lwUllvbjhVNW9qSWg3SSIsImlhdCI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MzEyMDAwLCJhbGci',
  'OiJkaXIiLCJzY3J5cHQiOnsiTiI6MTMxMDcyLCJyIjo4LCJwIjoxLCJzYWx0IjoiMlVJTTM0eTlFRkMxT2gyUXktQkZDZyJ9',
  'fQ..PuSRPqYEvMcX4zY-.FFtEY2IaHIkIsdSa4Ppw4r7arwNKqEFkbvWojuLzSo0WQCPVciJc1PP_d2o1WdQgla6SHRMen4M',
  'Uh-62vxYQiVUW76zuDpPPPgWqfDPoPrrIkAIT4_u_pHiw7tk1uafCTrm65Z1M3SFlrFAsYXuN5N1o1I9VkR2pQ8UTtCcZffv',
  '9VBKqXFukl4EOEiFgjMjO1Qg9JQmYBAzW4M0cTjsbYlZHH2GA9T9pZfzdcETIltnvPJWzssPgbGsFYEtjF7llkMuoKRfZzHp',
  'YwsKoCW7FPXt9AAn1sKdp6qE55dHuCL4_y0AlQ99rBmCT4KRfQlcSrTsdoyJD_dWODztKOOXCfceMUNFFDL2vvjIr1kpojRx',
  'd-AfwT4OOAkR9lr7-zVtZ-2rKQQJJBvIu2LETMT83C4KCKHlZ6U_K-8xD3Ya-zjSjTF-ffopKOsWArGoPfELPTim-uqTikJH',
  'E_-w9ZHd6ORW8ygzuG5jcqyd_hwb3nWWmEZXeWKCR2h7m43oCPksDVPWi3KVLgel2rlj18qHHqn_Tygz1Qa7SIDqA0ladYiI',
  'eapXgWTg8AGO4MnV8HvhTEjLdofv4yuS8SIeplT4byQ_x_KD85qBZE3bJBmnqzGtP1YLlfoaBypr80pHy3g0hpc2N7dBHkMi',
  'y7GnpcBmbJwX202w-fypZhwy9RoVSLmjCuBSYr8BgT7dk1brGwU3-kOF2TU6HugoRU9H6gknDXBMkAEhGam5oGJeuFUb0N4a',
  'DnTCTkwkeCoGHEqTVrO55zMnnVQuHJz_6oIhpqn52A2yib2LlUA61aSN_Z8S9j6NpdAv8gB70KZkbZKCJvEuE45RT7J2_D07',
  'HPVc5ClyrRu5nlFpm8c4Dndryy_hIihl8DBm_EJfmSP5wYJQzllmeVdx_-M-_yOiASKyaXXJH_FA9bRVz-R6kX45SkwmHREa',
  'b0ahJnOjrI-XoyUBZ8egaBrSEJn7GMAMl-XsTvCDa_19Yoxd_9N2lRyZl44aamaYY-2orGJEnp-zld6cVpIbKNQMZz64oRGP',
  'OCx-89F4mOxJtdHahW46HeCXRsts3r5fDQQP2qP_f-hLC17sPvp6iwVnUz9voK1wYGKhiB_vZ7UKXtjDwvpt3hlCcQsqOArs',
  'RRhSqw9Rd6Eb9k4ApseQzQ-3cT2PVJs-T3iJsSnUWmkGcuQ1WVd2-_P0Co9258plTYMN-3Y5N0itsOkxoPicppuQ4MvLct0f',
  'YRuswiZRWso9mqVfGrxIzRavWTLQWFQ2fPhjsD1qbka4vCq7rNKeg-tKoLi4GYSUWBo9_vBFNspMGV0yulCVC0eFTL4faoLE',
  'XAhRSRDW99PvsFyWRAnaxgA9M_QgDxvcV0ekTNtB9bpiO8R8w3nPzcR1uCho_t6ypHIxxPAtugpCspmaELRJS4k8qwNOtxd_',
  'Wuta9R-q876rzeUUdjJLAlB0dG9WjxhIpfT5QJXBGoISVvmqJ7HjuMZPUaTq3ycHNUHIHJbNsPUL_uR7JopDFOKEJ28_NMjS',
  '5SFMoirDHPU62hH_WYm0EeskcjppHZWnaNnmpN-X7_vF7HmCO-vU24eO37c_gu6PDoSxQo5RF26LNELJDuN7p_811MiHukUC',
  'ngYp1N-iybvFsbvIyT9_ZGh_TRWXT6uQowjU1VLKB0u0XnF-hM9ysgeGDqcKWydLMTL2D8un5GTYOsy1upV9AJICaUdLu6t5',
  '3CkDzRQeaG37hSOb8MGuPvRayH_52p_rpbGzzIC0r0SoWf6JYfb22JeXDTGTh1cs-M1SROSYZMkcn-IuHCOi25X-3nhUHpWX',
  'XKVjlXs2kw5dQn53WiHqlXD1WcOzMiQDCcID-.4DyV3dbpE5tXEtk0q2CULg',
].join('')
