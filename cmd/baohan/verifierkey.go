package main

import (
	"fmt"
	"strings"

	"baohan/signing/tlog"
)

// parseVerifierKey reads one line of a .vkey file or of a setting.
func parseVerifierKey(text string) (tlog.Key, error) {
	key, err := tlog.ParseKey(strings.TrimSpace(text))
	if err != nil {
		return key, fmt.Errorf("%q 不是验证公钥；请写作 名称+编号+公钥 一行（.vkey 文件的内容）", strings.TrimSpace(text))
	}
	return key, nil
}

// logKeys reads keys of logs, witnessKeys those of witnesses; flag names where they were written. One key twice would
// be one witness that counts as two.
func logKeys(flag string, texts []string) ([]tlog.Key, error) {
	return verifierKeys(flag, texts, false)
}

func witnessKeys(flag string, texts []string) ([]tlog.Key, error) {
	return verifierKeys(flag, texts, true)
}

func verifierKeys(flag string, texts []string, witness bool) (keys []tlog.Key, err error) {
	for _, text := range texts {
		key, err := parseVerifierKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s：%w", flag, err)
		}
		if key.IsWitness() != witness {
			return nil, fmt.Errorf("%s：%s 是%s的公钥；日志的公钥和见证人的公钥不能混用", flag, key.Name(), map[bool]string{true: "见证人", false: "日志"}[key.IsWitness()])
		}
		for _, other := range keys {
			if other.Public().Equal(key.Public()) {
				return nil, fmt.Errorf("%s：%s 与 %s 是同一把密钥，只能写一次", flag, key.Name(), other.Name())
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}
