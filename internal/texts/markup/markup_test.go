package markup

import (
	"errors"
	"testing"

	"golang.org/x/net/html"

	"baohan/internal/texts"
)

func TestRewrite(t *testing.T) {
	c, err := texts.New([]texts.Entry{{ID: "题", Text: "Title <&>"}, {ID: "甲 {1} 乙", Text: "b {1} a"}, {ID: "大写：{1}", Text: "words: {1:zh}"}})
	if err != nil {
		t.Fatal(err)
	}
	r := Rules{Language: "en", Say: c.Say, Link: func(t html.Token, a *html.Attribute) {
		if t.Data == "a" {
			a.Val += "?lang=en"
		}
	}}
	own := texts.Own
	for page, want := range map[string]string{
		`<!DOCTYPE html><html lang="zh-CN"><title>题</title><p>题</p></html>`:           `<!DOCTYPE html><html lang="en"><title>Title &lt;&amp;&gt;</title><p>Title &lt;&amp;&gt;</p></html>`,
		`<a href="/x" title="题" class=a>题</a><br/><img alt="题">`:                      `<a href="/x?lang=en" title="Title &lt;&amp;&gt;" class="a">Title &lt;&amp;&gt;</a><br/><img alt="Title &lt;&amp;&gt;">`,
		`<p>甲 ` + own("某&lt;b&gt;公司") + ` 乙</p>`:                                      `<p>b <span lang="zh-CN">某&lt;b&gt;公司</span> a</p>`,
		`<p title="甲 ` + own("某") + ` 乙">` + own("题") + `</p>`:                        `<p title="b 某 a"><span lang="zh-CN">题</span></p>`,
		`<p>大写：捌拾万元整</p>`:                                                             `<p>words: <span lang="zh-CN">捌拾万元整</span></p>`,
		`<div lang="zh-CN">原文<div>原文</div><a href="/y" title="原">原</a></div><p>题</p>`: `<div lang="zh-CN">原文<div>原文</div><a href="/y" title="原">原</a></div><p>Title &lt;&amp;&gt;</p>`,
		`<noscript><p>题</p></noscript><script src="/a.js" defer></script>`:            `<noscript><p>Title &lt;&amp;&gt;</p></noscript><script src="/a.js" defer></script>`,
		"<p>plain &amp; simple</p><!-- 注 -->":                                         "<p>plain &amp; simple</p><!-- 注 -->",
	} {
		if got, err := r.Rewrite([]byte(page)); err != nil || string(got) != want {
			t.Errorf("%s\n%s %v\nwant\n%s", page, got, err, want)
		}
	}
	for _, page := range []string{"<p>没有</p>", `<p title="没有">`, "<title>没有</title>", "<noscript><b>没有</b></noscript>", "<script>let a = '没有'</script>", "<p>题<b>没有</b></p>", `<div lang="zh-CN"></div>没有`} {
		if got, err := r.Rewrite([]byte(page)); !errors.Is(err, ErrUnsaid) {
			t.Errorf("%s is said as %s", page, got)
		}
	}
}
