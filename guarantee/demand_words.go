package guarantee

// Words is the clock's name, as every page says it.
func (c DemandClock) Words() string { return clockWords[c.Kind] }

var clockWords = map[ClockKind]string{
	ClockExamination: "担保机构审查索赔单据",
	ClockAssessment:  "保险公司作出核定（最迟）",
	ClockPayment:     "担保机构付款",
	ClockRefusal:     "保险公司发出拒绝赔偿通知书",
	ClockInterim:     "保险公司先予支付可以确定的数额",
	ClockCompletion:  "受益人在有效期内补正",
	ClockHold:        "担保机构延期或者付款",
	ClockSuit:        "申请人起诉或者申请仲裁（逾期解除中止支付）",
}

// DemandWords says in Chinese what an event did to a demand; empty for one that is about no demand.
func (e Event) DemandWords() string { return demandWords[e.Kind] }

var demandWords = map[EventKind]string{
	EventDemandPresented:   "受益人提出索赔",
	EventDemandIncomplete:  "单据待补正",
	EventDemandCompleted:   "受益人补交单据",
	EventDemandExamining:   "担保机构开始审查",
	EventDemandComplying:   "担保机构认定相符",
	EventDemandRejected:    "担保机构拒付",
	EventDemandHonoured:    "担保机构付款",
	EventDemandWithdrawn:   "受益人撤回索赔",
	EventDemandRequested:   "担保机构要求补充单据",
	EventDemandInterimPaid: "保险公司先予支付",
	EventDemandStayed:      "法院裁定中止支付",
	EventDemandResumed:     "中止支付解除，恢复处理",
	EventDemandObjected:    "申请人提出欺诈异议",
	EventDemandDayFixed:    "审查期限的最后一日已经确定",
	EventDemandHeld:        "担保机构暂缓付款，请申请人答复延期或者付款",
	EventDemandAnswered:    "申请人答复",
	EventDemandExtended:    "保函已经延期，索赔视为撤回",
}
