package translog

// AtStep has the writer call fn between every two steps.
func (l *Log) AtStep(fn func(step string)) { l.reached = fn }
