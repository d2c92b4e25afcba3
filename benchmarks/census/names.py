"""The networks of the census: small members of many families of timm."""

NAMES = """
resnet18 resnetblur50 resnetv2_50 resnetv2_50x1_bit res2net50_14w_8s skresnet18 resnest14d dla34 hrnet_w18_small
densenet121 ese_vovnet19b_dw darknet53 cspresnet50 dpn68 xception41 inception_v3 inception_resnet_v2 pnasnet5large
mobilenetv2_035 mobilenetv3_small_050 mobilenetv4_conv_small tf_efficientnet_b0 efficientnetv2_rw_t mixnet_s ghostnet_050
rexnet_100 hardcorenas_a lcnet_035 regnetx_002 regnety_002 regnetz_b16 nf_regnet_b0 nf_resnet26 dm_nfnet_f0 convnext_atto
convnextv2_atto inception_next_atto repvgg_a0 hgnetv2_b0 selecsls42 tresnet_m vgg11 gernet_s fasternet_t0 poolformer_s12
convmixer_768_32 starnet_s1 convformer_s18 vit_tiny_patch16_224 deit_tiny_patch16_224 focalnet_tiny_srf repvit_m1 mobileone_s0
ecaresnet50t eca_nfnet_l0 resmlp_12_224 mixer_s32_224 mambaout_femto mobilevitv2_050 mobilevit_xxs efficientvit_b0 shvit_s1
coatnet_0_224
""".split()  # noqa: SIM905  one line for many names
