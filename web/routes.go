package web

import (
	"baohan/client/wire"
	"baohan/signing/tlog"
)

// routes is the whole API, in the order of a guarantee's life. Every name here has its row in guard.go.
func (s *server) routes() {
	s.sessionRoutes()
	s.tenderRoutes()
	s.afterRoutes()
	s.bidderRoutes()
	s.hallRoutes()
	s.emergencyRoutes()
	s.beneficiaryRoutes()
	s.evidenceRoutes()
	s.issuerRoutes()
	s.staffRoutes()
	s.logRoutes()
}

func (s *server) sessionRoutes() {
	verb(s, "challenge", "/session/challenge", "取登录随机数", smallBody, s.challenge)
	verb(s, "sign-in", "/session", "证书登录", smallBody, s.signIn)
	s.signOut()
	query(s, "me", "/me", "当前登录的单位和角色", s.me)
	verb(s, "add-certificate", "/me/certificates", "登记本单位的另一张证书（如加密证书）", smallBody, s.addCertificate)
}

func (s *server) tenderRoutes() {
	query(s, "list-lots", "/lots", "已公布的标段", s.lots)
	query(s, "read-lot", "/lots/{lot}", "一个标段的公告内容", s.lot)
	query(s, "list-quotes", "/lots/{lot}/quotes", "各担保机构对该标段的报价", s.quotes)
	query(s, "list-own-lots", "/me/lots", "本单位组织的标段（含未公布的）", s.ownLots)
	verb(s, "create-project", "/projects", "登记招标项目", smallBody, s.createProject)
	verb(s, "add-lot", "/projects/{id}/lots", "增加标段", smallBody, s.addLot)
	verb(s, "redraft", "/lots/{lot}/draft", "修改草稿（公布之前，整体重写）", smallBody, s.redraft)
	verb(s, "publish", "/lots/{lot}/publish", "公布标段，固定保函要求和保管人公钥", smallBody, s.publish)
	verb(s, "postpone", "/lots/{lot}/postpone", "推迟投标截止时间（交易中心和行政监督共同签署）", smallBody, s.postpone)
	verb(s, "propose-order", "/lots/{lot}/orders", "交易中心签署一份延期令，请行政监督签署同一文本", smallBody, s.proposeOrder)
	query(s, "list-orders", "/orders", "延期令（交易中心和行政监督）", s.orders)
	query(s, "read-order", "/orders/{id}", "一份延期令", s.order)
	verb(s, "sign-order", "/orders/{id}/signature", "行政监督签署同一份延期令", smallBody, s.signOrder)
	verb(s, "refuse-order", "/orders/{id}/refusal", "行政监督不同意一份延期令，写明理由", smallBody, s.refuseOrder)
	verb(s, "withdraw-order", "/orders/{id}/withdraw", "交易中心撤回尚未生效的延期令", smallBody, s.withdrawOrder)
	verb(s, "hand-in-bid-list", "/lots/{lot}/bid-list", "交易中心的投标系统提交投标清单（投标在该系统递交的标段，截止后）", listBody, s.handInBidList)
	verb(s, "open", "/lots/{lot}/open", "开标", smallBody, s.open)
	query(s, "read-opening", "/lots/{lot}/opening", "开标记录", s.opening)
	query(s, "read-sheet", "/lots/{lot}/sheet", "交易中心签名的核验结果表（开标后公开）", s.sheet)
	s.progress()
}

// afterRoutes are what follows an opening, to the contract or to the end without one.
func (s *server) afterRoutes() {
	verb(s, "hand-in-evaluation", "/lots/{lot}/evaluation", "交易中心的评标系统提交签名的评标结果", listBody, s.handInEvaluation)
	query(s, "read-evaluation", "/lots/{lot}/evaluation", "签名的评标结果（公示或中标公告后公开）", s.evaluation)
	verb(s, "announce", "/lots/{lot}/candidates", "公示中标候选人（招投标）", smallBody, s.announce)
	query(s, "read-candidates", "/lots/{lot}/candidates", "中标候选人公示", s.candidates)
	verb(s, "object", "/lots/{lot}/objections", "对评标结果提出异议（招投标）或对中标结果提出质疑（政府采购）", smallBody, s.object)
	query(s, "list-objections", "/lots/{lot}/objections", "一个标段的异议、质疑及其答复", s.objections)
	verb(s, "answer-objection", "/objections/{id}/answer", "答复异议或质疑", smallBody, s.answerObjection)
	verb(s, "withdraw-objection", "/objections/{id}/withdraw", "撤回尚未答复的异议或质疑", smallBody, s.withdrawObjection)
	verb(s, "hand-in-cash-list", "/lots/{lot}/cash-list", "交易中心签名的保证金到账清单（截标后）", listBody, s.handInCashList)
	query(s, "read-securities", "/lots/{lot}/securities", "保证金查询：各投标的担保形式、金额、查验结果和退还情况（开标后）", s.securities)
	verb(s, "note-refund", "/lots/{lot}/refunds", "登记一笔现金保证金已退还", smallBody, s.noteRefund)
	verb(s, "award", "/lots/{lot}/award", "登记中标通知", smallBody, s.award)
	query(s, "read-awards", "/lots/{lot}/awards", "中标公告", s.awards)
	verb(s, "contract", "/lots/{lot}/contract", "登记合同签订", smallBody, s.contract)
	verb(s, "refuse", "/lots/{lot}/refuse", "登记中标人不订立合同", smallBody, s.refuseContract)
	verb(s, "terminate", "/lots/{lot}/terminate", "终止招标，或登记否决所有投标、废标", smallBody, s.terminate)
}

func (s *server) bidderRoutes() {
	verb(s, "apply", "/lots/{lot}/applications", "递交保函申请", letterBody, s.apply)
	query(s, "list-applications", "/applications", "本单位的申请和保函", s.applications)
	query(s, "read-application", "/applications/{id}", "本单位的一份申请", s.readApplication)
	query(s, "read-copy", "/applications/{id}/copy", "取回本单位的密封副本（应急）", s.readCopy)
	query(s, "read-assurance", "/applications/{id}/assurance", "平台签名的说明：这份申请在平台上的现状", s.readAssurance)
	verb(s, "rewrap", "/applications/{id}/rewrap", "加密证书更新后，为新证书重新包裹副本的密钥", smallBody, s.rewrap)
	verb(s, "cancel", "/applications/{id}/cancel", "撤单", smallBody, s.cancel)
	verb(s, "accept-fee", "/applications/{id}/accept-fee", "确认机构报出的保费", smallBody, s.acceptFee)
	verb(s, "bid", "/lots/{lot}/bids", "递交投标文件", bidBody, s.handInBid)
	s.uploadBidFile()
	s.ownBidFile()
	query(s, "list-bids", "/bids", "本单位的投标", s.bids)
	verb(s, "withdraw-bid", "/bids/{id}/withdraw", "撤回投标（截止前）", smallBody, s.withdrawBid)
	verb(s, "replace-bid", "/bids/{id}/replace", "以新的投标文件替换原投标（截止前，一次完成）", bidBody, s.replaceBid)
}

// hallRoutes are a remote opening (不见面开标), in the order in which it goes.
func (s *server) hallRoutes() {
	verb(s, "attend", "/lots/{lot}/attendance", "签到（投标截止前 60 分钟起）", letterBody, s.attend)
	query(s, "read-hall", "/lots/{lot}/hall", "不见面开标会的全部状态", s.hall)
	s.hallEvents()
	verb(s, "order-decryption", "/lots/{lot}/hall/decrypt", "主持人下达解密指令", smallBody, s.orderDecryption)
	query(s, "read-offer", "/bids/{id}/offer", "取回本单位封存的投标函（解密指令下达后）", s.offer)
	verb(s, "hand-in-form", "/bids/{id}/form", "递交解密后的投标函", letterBody, s.handInForm)
	verb(s, "pause-hall", "/lots/{lot}/hall/pause", "主持人暂停，保留剩余时间", smallBody, s.pauseHall)
	verb(s, "resume-hall", "/lots/{lot}/hall/resume", "主持人恢复", smallBody, s.resumeHall)
	verb(s, "ask-extension", "/lots/{lot}/hall/extensions", "主持人申请延长全体的解密时间", smallBody, s.askExtension)
	verb(s, "consent-extension", "/lots/{lot}/hall/consents", "行政监督同意延长", smallBody, s.consentExtension)
	verb(s, "attribute", "/lots/{lot}/hall/attributions", "主持人认定未解密的原因", smallBody, s.attribute)
	verb(s, "confirm-attribution", "/lots/{lot}/hall/confirmations", "行政监督确认未解密的原因", smallBody, s.confirmAttribution)
	verb(s, "read-out", "/lots/{lot}/hall/read", "唱标：全部报价同时公布", smallBody, s.readOut)
	query(s, "list-bid-files", "/bids/{id}/files", "一份已唱标的投标的文件（招标人、代理机构、交易中心、行政监督）", s.bidFiles)
	s.bidFile()
	verb(s, "confirm-line", "/lots/{lot}/hall/confirm", "投标人确认本单位的开标内容", smallBody, s.confirmLine)
	verb(s, "object-in-hall", "/lots/{lot}/hall/objections", "投标人对开标提出异议", smallBody, s.objectInHall)
	verb(s, "answer-in-hall", "/lots/{lot}/hall/answers", "主持人答复异议", smallBody, s.answerInHall)
	verb(s, "make-record", "/lots/{lot}/hall/record", "异议期满，制作开标记录表", smallBody, s.makeRecord)
	query(s, "read-record", "/lots/{lot}/hall/record", "开标记录表及签名", s.record)
	verb(s, "sign-record", "/lots/{lot}/hall/signatures", "签署开标记录表", listBody, s.signRecord)
}

// emergencyRoutes are the emergency rule (应急), in the order in which it is gone through.
func (s *server) emergencyRoutes() {
	verb(s, "report-incident", "/lots/{lot}/incidents", "登记应急事件", smallBody, s.reportIncident)
	query(s, "list-incidents", "/lots/{lot}/incidents", "一个标段的应急事件", s.incidents)
	verb(s, "present-copy", "/lots/{lot}/copies", "投标人出示自存的保函副本（应急）", letterBody, s.presentCopy)
	query(s, "read-incident", "/incidents/{id}", "一件应急事件", s.incident)
	verb(s, "add-evidence", "/incidents/{id}/evidence", "补充一份证据文件", filesBody, s.addEvidence)
	query(s, "read-evidence", "/incidents/{id}/evidence", "下载一份证据文件", s.evidence)
	query(s, "read-incident-copy", "/incidents/{id}/copy", "下载投标人出示的副本，可离线核对", s.incidentCopy)
	verb(s, "withdraw-incident", "/incidents/{id}/withdraw", "撤销尚未认定的应急事件", smallBody, s.withdrawIncident)
	verb(s, "decide-incident", "/incidents/{id}/decision", "行政监督部门签名的认定", letterBody, s.decideIncident)
	verb(s, "close-incident", "/incidents/{id}/close", "行政监督部门签名的手工结案", letterBody, s.closeIncident)
}

func (s *server) beneficiaryRoutes() {
	s.file()
	s.statusList()
	query(s, "list-guarantees", "/guarantees", "以本单位为受益人的保函", s.guarantees)
	verb(s, "release", "/guarantees/{id}/releases", "递交签名的解除文件", letterBody, s.release)
	query(s, "demand-sheet", "/guarantees/{id}/demand-sheet", "索赔须知：事由、单据、签署人、余额、交单地点和期限", s.demandSheet)
	verb(s, "release-lot", "/lots/{lot}/releases", "一次签名解除一个标段的多份保函", letterBody, s.releaseLot)
	verb(s, "present", "/guarantees/{id}/demands", "提出索赔", filesBody, s.present)
	query(s, "list-demands", "/guarantees/{id}/demands", "对本单位保函的索赔及其全部经过（申请人）", s.demandStories)
	verb(s, "object-to-demand", "/demands/{id}/objections", "申请人签名的欺诈异议", filesBody, s.objectToDemand)
	verb(s, "answer-extension", "/demands/{id}/answer", "申请人签名答复延期或者付款", letterBody, s.answerExtension)
	verb(s, "resume-demand", "/demands/{id}/resume", "受益人提交解除中止支付的文书", filesBody, s.resumeDemand)
	query(s, "read-demand", "/demands/{id}", "一笔索赔", s.readDemand)
	verb(s, "complete", "/demands/{id}/complete", "一次性补齐单据", filesBody, s.complete)
	verb(s, "withdraw-demand", "/demands/{id}/withdraw", "撤回索赔", letterBody, s.withdrawDemand)
}

func (s *server) issuerRoutes() {
	query(s, "issuer-application", "/issuer/applications/{id}", "按申请编号回查", s.issuerApplication)
	query(s, "issuer-offer", "/issuer/applications/{id}/offer", "加密给本机构的申请书（与 offered 报文所载相同）", s.issuerOffer)
	query(s, "issuer-demand", "/issuer/demands/{id}", "索赔的签名原文和单据清单", s.issuerDemand)
	query(s, "issuer-deliveries", "/issuer/deliveries", "未能送达本机构的报文", s.issuerDeliveries)
	query(s, "issuer-guarantees", "/issuer/guarantees", "本机构的保函账", s.book)
	verb(s, "issuer-take-up", "/issuer/applications/{id}/take-up", "受理", smallBody, s.takeUp)
	verb(s, "issuer-decide", "/issuer/applications/{id}/decision", "承保决定", smallBody, s.decide)
	verb(s, "issuer-fee", "/issuer/applications/{id}/fee", "保费到账", smallBody, s.feePaid)
	verb(s, "issuer-refunded", "/issuer/applications/{id}/refunded", "保费已退", smallBody, s.refunded)
	verb(s, "issuer-prepare", "/issuer/applications/{id}/prepare", "登记保函编号和摘要", smallBody, s.prepare)
	verb(s, "issuer-issue", "/issuer/applications/{id}/issue", "开立", letterBody, s.issue)
	verb(s, "issuer-deposit", "/issuer/letters", "存入在机构柜台开立的保函（密文）", letterBody, s.deposit)
	verb(s, "issuer-fail", "/issuer/applications/{id}/fail", "不能开立", smallBody, s.failIssue)
	verb(s, "issuer-acknowledge", "/issuer/guarantees/{id}/acknowledge", "确认收到解除", smallBody, s.acknowledge)
	verb(s, "issuer-decide-demand", "/issuer/demands/{id}/decision", "索赔审查结果", smallBody, s.decideDemand)
	verb(s, "issuer-request", "/issuer/demands/{id}/request", "要求受益人补充单据", smallBody, s.requestDocuments)
	verb(s, "issuer-interim", "/issuer/demands/{id}/interim", "先予支付（保证保险）", smallBody, s.interim)
	verb(s, "issuer-stay", "/issuer/demands/{id}/stay", "登记法院的中止支付裁定", filesBody, s.stay)
	verb(s, "issuer-resume", "/issuer/demands/{id}/resume", "登记中止支付的解除", filesBody, s.resumeDemand)
	verb(s, "issuer-hold", "/issuer/demands/{id}/hold", "暂缓付款，请申请人答复延期或者付款", smallBody, s.hold)
	verb(s, "issuer-extend", "/issuer/demands/{id}/extend", "以签名的修改函延期，代替付款", letterBody, s.extend)
	verb(s, "issuer-paid", "/issuer/demands/{id}/paid", "索赔已付", smallBody, s.demandPaid)
}

func (s *server) staffRoutes() {
	query(s, "list-overdue", "/supervision/overdue", "逾期未解除的保函（行政监督）", s.overdue)
	query(s, "read-calendar", "/calendar/{year}", "一个年度的节假日安排（放假和调休上班的日子）", s.workdays)
	verb(s, "import-calendar", "/ops/calendar/{year}", "交易中心录入或修改一个年度的节假日安排", smallBody, s.importWorkdays)
	query(s, "list-deliveries", "/ops/deliveries", "未能送达机构的报文", s.deliveries)
	verb(s, "retry-delivery", "/ops/deliveries/{id}/retry", "重新投递", smallBody, s.retryDelivery)
	query(s, "list-notices", "/notices", "与本单位有关的到期提醒", s.notices)
	query(s, "list-jobs", "/ops/jobs", "多次失败后放弃的后台任务", s.failedJobs)
	verb(s, "retry-job", "/ops/jobs/{id}/retry", "重新执行", smallBody, s.retryJob)
}

// logRoutes are the transparency log as everybody reads it: what a witness, an auditor and the holder of a guarantee need.
func (s *server) logRoutes() {
	publication(s, "log-head", "/log/head", "透明日志最新的日志头，附见证人的签名", textPlain, "", s.logHead)
	publication(s, "log-consistency", "/log/consistency", "日志从一个日志头增长为另一个的证明", applicationJSON, tlog.Consistency{}, s.logConsistency)
	publication(s, "log-proof", "/log/leaves/{leaf}/proof", "一片叶在日志里的证明", applicationJSON, tlog.Inclusion{}, s.logProof)
	publication(s, "log-receipt", "/log/leaves/{leaf}/receipt", "一片叶的回执：最迟何时在签名的日志头之下", textPlain, "", s.logReceipt)
	publication(s, "log-leaves", "/log/leaves", "日志的叶，供复制整本日志", applicationJSON, wire.LogLeaves{}, s.logLeaves)
	publication(s, "log-keys", "/log/keys", "日志和见证人的验证公钥、批量和节拍", applicationJSON, wire.LogKeys{}, s.logKeys)
	verb(s, "countersign", "/log/cosignatures", "见证人交来对一个日志头的签名行（无需登录，签名即凭据）", lineBody, s.countersign)
}
