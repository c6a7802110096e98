package gazetteer

import (
	"strings"
	"sync"
)

// Division is an administrative division of China under GB/T 2260.
type Division struct {
	Code string // two (province), four (prefecture) or six digits (county)
	Name string
}

type cnIndex struct {
	names    map[string]string // name to code; names without their ending too
	codes    map[string]string
	counties []Division
}

var china = sync.OnceValue(func() cnIndex {
	x := cnIndex{names: map[string]string{}, codes: map[string]string{}}
	for _, l := range lines("cn_regions.txt.gz") {
		code, name, _ := strings.Cut(l, " ")
		x.codes[code] = name
		if len(code) == 6 {
			x.counties = append(x.counties, Division{code, name})
		}
		if name == "市辖区" || name == "县" {
			continue
		}
		if _, ok := x.names[name]; !ok {
			x.names[name] = code
		}
		if len(code) <= 4 {
			short := strings.TrimSuffix(strings.TrimSuffix(name, "市"), "省")
			if _, ok := x.names[short]; !ok && short != name {
				x.names[short] = code
			}
		}
	}
	return x
})

// CNName gives the name behind a GB/T 2260 code of 2, 4 or 6 digits.
func CNName(code string) (string, bool) {
	n, ok := china().codes[code]
	return n, ok
}

// CNPlace looks up a division of China by name, with or without its ending.
func CNPlace(name string) (code string, ok bool) {
	code, ok = china().names[name]
	return code, ok
}

// CNCounties lists the divisions at county level in the order of their codes.
func CNCounties() []Division { return china().counties }

// cnSurnames are family names by falling frequency (single characters), as
// commonly published by the Ministry of Public Security.
const cnSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪翟安颜倪牛温芦季俞章鲁葛毕聂丛焦邢路岳齐梅庄辛管祝左涂谷祁时舒耿卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景单包司柏宁柯阮桂闵解柴车房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺水云昌凤酆皮卡齐元平"

var cnDouble = doubles("欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "东方", "公孙", "令狐", "慕容", "宇文", "长孙", "端木", "南宫", "轩辕", "申屠")

func doubles(names ...string) [][2]rune {
	out := make([][2]rune, len(names))
	for i, n := range names {
		out[i] = [2]rune([]rune(n))
	}
	return out
}

// Given-name characters in common use, by the gender they lean to.
const (
	cnMale   = "伟强磊军勇涛超杰鹏刚平辉波斌健飞龙浩亮明峰毅俊凯宇晨轩博文志建国华东海林成祥义庆云山松泉根生宝德福贵昌荣辰昊宁泽睿翔旭阳"
	cnFemale = "芳娜敏静丽秀英霞燕玲婷雪梅兰艳娟莉红萍玉洁琳慧颖倩怡欣佳蕾薇媛瑶琪珊菲莹雅诗涵梦悦岚蓉凤琴桂珍淑惠春香月晶妍雯露"
)

// CNSurname tells whether s starts with a Chinese family name, and how many
// runes it has.
func CNSurname(s []rune) (runes int, ok bool) {
	if len(s) >= 2 {
		for _, d := range cnDouble {
			if d[0] == s[0] && d[1] == s[1] {
				return 2, true
			}
		}
	}
	if len(s) >= 1 {
		if _, found := cnSurnameSet[s[0]]; found {
			return 1, true
		}
	}
	return 0, false
}

// CNCommonSurname tells whether r is one of the 100 most frequent.
func CNCommonSurname(r rune) bool {
	rank, ok := cnSurnameSet[r]
	return ok && rank < 100
}

// CNGivenRune tells whether r is frequent in given names.
func CNGivenRune(r rune) bool {
	return strings.ContainsRune(cnMale, r) || strings.ContainsRune(cnFemale, r)
}

var cnSurnameSet = func() map[rune]int {
	m := map[rune]int{}
	for i, r := range []rune(cnSurnames) {
		if _, ok := m[r]; !ok {
			m[r] = i
		}
	}
	return m
}()

// CNSurnames lists family names by falling frequency.
func CNSurnames() []rune { return []rune(cnSurnames)[:200] }

// CNGivenRunes lists given-name characters for a gender ("female", "male").
func CNGivenRunes(gender string) []rune {
	if gender == "female" {
		return []rune(cnFemale)
	}
	return []rune(cnMale)
}
