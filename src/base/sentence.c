/*
 * The sentences of failures, filled with their arguments. Where an argument is a word of the API
 * (a type, a state, a role …) a Chinese sentence has its Chinese name; the tables say which failure
 * takes which words, so that what a user typed is never taken for one. English has the words
 * themselves.
 */
#include "xiangcai/base.h"

#include <string.h>

struct name {
	const char *word, *zh;
};

static const struct name types[] = {
	{ "boolean", "true 或 false" },
	{ "integer", "整数" },
	{ "string", "字符串" },
	{ "array", "数组" },
	{ "object", "对象" },
	{ "uuid", "UUID 编号" },
	{ "date", "日期（YYYY-MM-DD）" },
	{ "date-time", "RFC 3339 时间" },
	{ NULL, NULL },
};

static const struct name states[] = {
	{ "active", "正常" },
	{ "suspended", "停用" },
	{ "ended", "终止" },
	{ "pending", "待审" },
	{ "valid", "有效" },
	{ "refused", "未通过" },
	{ "replaced", "已更换" },
	{ "expired", "已过期" },
	{ "draft", "草稿" },
	{ "applied", "已提交" },
	{ "recommended", "已推荐" },
	{ "approved", "已批准" },
	{ "returned", "已退回" },
	{ "rejected", "已驳回" },
	{ "withdrawn", "已撤回" },
	{ "submitted", "已送审" },
	{ "superseded", "已被取代" },
	{ "awaiting_approval", "待审批" },
	{ "placed", "已下单" },
	{ "confirmed", "已确认" },
	{ "declined", "已谢绝" },
	{ "cancelled", "已取消" },
	{ "prepared", "已编制" },
	{ "released", "已放款" },
	{ NULL, NULL },
};

static const struct name roles[] = {
	{ "buyer", "采购人" },
	{ "approver", "审批人" },
	{ "unit_finance", "单位财务" },
	{ "unit_admin", "单位管理员" },
	{ "cataloguer", "商品管理员" },
	{ "dispatcher", "发货员" },
	{ "supplier_finance", "供应商财务" },
	{ "supplier_admin", "供应商管理员" },
	{ "reviewer", "审核员" },
	{ "reconciler", "对账员" },
	{ "supervisor", "监管员" },
	{ "system_admin", "系统管理员" },
	{ "security_admin", "安全管理员" },
	{ "auditor", "审计员" },
	{ NULL, NULL },
};

static const struct name licence_groups[] = {
	{ "identity", "主体资格证照（营业执照或法人登记证书）" },
	{ "food", "食品生产或经营许可" },
	{ "certificate", "认证证书" },
	{ NULL, NULL },
};

static const struct name credit_code_faults[] = {
	{ "E_EMPTY", "为空" },
	{ "E_LENGTH", "应为 18 位" },
	{ "E_CHARSET", "含有不允许的字符" },
	{ "E_DEPT", "登记管理部门代码不正确" },
	{ "E_CATEGORY", "机构类别代码不正确" },
	{ "E_REGION", "登记管理机关行政区划码不正确" },
	{ "E_ORG_CHECK", "主体标识码的校验位不符" },
	{ "E_CHECK", "校验位不符" },
	{ NULL, NULL },
};

static const struct name json_faults[] = {
	{ "out of memory", "内存不足" },
	{ "a malformed \\u escape", "\\u 转义不正确" },
	{ "an escaped NUL", "含有 NUL 字符" },
	{ "a lone surrogate", "代理字符不成对" },
	{ "an unknown escape", "未知的转义" },
	{ "broken UTF-8", "不是 UTF-8 编码" },
	{ "an unfinished string", "字符串没有结束" },
	{ "a control character in a string", "字符串中有控制字符" },
	{ "a malformed number", "数字格式不正确" },
	{ "a number with a leading zero", "数字以零开头" },
	{ "a number that is too long", "数字过长" },
	{ "a name was expected", "此处应为字段名" },
	{ "a colon was expected", "此处应为冒号" },
	{ "nested too deeply", "嵌套过深" },
	{ "a comma or a closing bracket was expected", "此处应为逗号或右括号" },
	{ "a repeated name", "字段名重复" },
	{ "an unknown word", "未知的词" },
	{ "it ends too early", "内容没有结束" },
	{ "a value was expected", "此处应为一个值" },
	{ "text behind the value", "值的后面还有内容" },
	{ NULL, NULL },
};

static const struct {
	enum err code;
	const struct name *names;
} named[] = {
	{ ERR_TYPE, types },
	{ ERR_TRANSITION, states },
	{ ERR_ROLE_CAPACITY, roles },
	{ ERR_ROLE_GRANT, roles },
	{ ERR_ROLE_NOT_HELD, roles },
	{ ERR_LAST_ADMIN, roles },
	{ ERR_DOCUMENT_MISSING, licence_groups },
	{ ERR_USCC, credit_code_faults },
	{ ERR_BAD_JSON, json_faults },
};

static const char *name_of(enum err code, struct text word)
{
	for (size_t i = 0; i < COUNT_OF(named); i++)
		for (const struct name *row = named[i].names; named[i].code == code && row->word;
		     row++)
			if (text_is(word, row->word))
				return row->zh;
	return NULL;
}

/* "it ends too early (byte 10)": the fault of JSON has its place behind it. */
static void add_json_fault(struct buffer *out, struct text fault)
{
	const char *at = memmem(fault.at, fault.size, " (byte ", 7);
	size_t size = at ? (size_t)(at - fault.at) : fault.size;
	const char *zh = name_of(ERR_BAD_JSON, text_part(fault, 0, size));

	if (!at || !zh) {
		buffer_add(out, fault);
		return;
	}
	struct text place = text_part(fault, size + 7, fault.size - size - 8);
	buffer_print(out, "%s（第 %.*s 字节处）", zh, TEXT_FMT(place));
}

static void add_arg(struct buffer *out, enum err code, enum language language,
		    const struct arg *arg)
{
	const char *zh = arg->text.at && language == ZH ? name_of(code, arg->text) : NULL;

	if (zh)
		buffer_add(out, text_of(zh));
	else if (arg->text.at && language == ZH && code == ERR_BAD_JSON)
		add_json_fault(out, arg->text);
	else if (arg->text.at)
		buffer_add(out, arg->text);
	else if (arg->end) /* of a row that an earlier release kept without it */
		buffer_add(out, TEXT("…"));
	else
		buffer_int(out, arg->number);
}

/* A range without an end, and a length that is one and no range, have sentences of their own. */
static const char *sentence_of(const struct problem *problem, enum language language)
{
	static const char *const at_least[] = {
		[ZH] = "应不小于 {}", [EN] = "must be at least {}"
	};
	static const char *const exactly[] = {
		[ZH] = "长度应为 {} 个字符", [EN] = "takes {} characters"
	};
	const struct arg *begin = &problem->args[0], *end = &problem->args[1];

	if (problem->code == ERR_RANGE && !end->text.at && end->number == INT64_MAX)
		return at_least[language];
	if (problem->code == ERR_LENGTH && !end->text.at && !end->end &&
	    begin->number == end->number)
		return exactly[language];
	return err_info(problem->code)->sentence[language];
}

void problem_sentence(const struct problem *problem, enum language language, struct buffer *out)
{
	const char *at = sentence_of(problem, language);
	size_t next = 0;
	const char *hole;

	while ((hole = strstr(at, "{}"))) {
		assert(next < PROBLEM_ARGS_MAX);
		buffer_add(out, (struct text){ at, (size_t)(hole - at) });
		add_arg(out, problem->code, language, &problem->args[next++]);
		at = hole + 2;
	}
	buffer_add(out, text_of(at));
}

/* ---- titles ---- */

enum err problem_text(const struct problem *problem, enum language language, struct arena *arena,
		      struct text *out)
{
	struct buffer sentence = { .max = KIB(16) };

	problem_sentence(problem, language, &sentence);
	*out = sentence.failed ? NO_TEXT : arena_text(arena, buffer_text(&sentence));
	buffer_free(&sentence);
	return out->at ? OK : ERR_MEMORY;
}

static const struct {
	const char *slug;
	const char *title[2]; /* by enum language */
} titles[] = {
	{ "bad-request", { "请求无法接受", "the request cannot be taken" } },
	{ "bad-json", { "JSON 无法读取", "the JSON cannot be read" } },
	{ "idempotency-key", { "Idempotency-Key 有误", "the Idempotency-Key is wrong" } },
	{ "unauthenticated", { "请先登录", "please log in" } },
	{ "login-refused", { "登录名或密码不正确", "the login name or the password is wrong" } },
	{ "totp-needed",
	  { "请输入验证码或恢复码",
	    "a code of the second factor, or a recovery code, is needed" } },
	{ "password-due", { "请先修改密码", "the password must be changed first" } },
	{ "totp-due", { "请先设置第二验证因素", "a second factor must be set up first" } },
	{ "forbidden", { "没有执行此操作的权限", "this is not permitted" } },
	{ "origin", { "请求来源不被允许", "the request's origin is not allowed" } },
	{ "not-found", { "未找到", "not found" } },
	{ "method-not-allowed", { "不支持此方法", "the method is not supported here" } },
	{ "not-acceptable", { "无法提供所要求的格式", "the requested format is not available" } },
	{ "timeout", { "请求超时", "the request took too long" } },
	{ "conflict", { "当前状态不允许此操作", "the present state does not permit this" } },
	{ "precondition-failed", { "对象已被修改", "the object has changed" } },
	{ "too-large", { "请求体过大", "the body is too large" } },
	{ "media-type", { "不支持此内容类型", "the content type is not supported here" } },
	{ "refused", { "请求内容有误", "the request's content is refused" } },
	{ "precondition-required", { "缺少 If-Match", "If-Match is missing" } },
	{ "too-many-requests", { "请求过于频繁", "too many requests" } },
	{ "internal", { "内部错误", "an internal error" } },
	{ "busy", { "系统繁忙，请稍后重试", "the system is busy, please try again" } },
	{ "application-open",
	  { "已有办理中的同类申请", "an application of this kind is open already" } },
	{ "admitted",
	  { "该单位已具有所申请的身份", "the organisation has this capacity already" } },
	{ "stock-short", { "库存不足", "not enough in stock" } },
	{ "offer-stale", { "报价已变化", "the offer has changed" } },
	{ "not-on-sale", { "商品未上架", "the goods are not on sale" } },
	{ "quantity", { "数量超过可操作数量", "the quantity exceeds what can be handled" } },
	{ "separation", { "不能由同一人办理", "must not be done by the same person" } },
	{ "credit-short", { "到账余额与所需不符", "the credit does not hold what is needed" } },
	{ "overpaid", { "超过应付金额", "more than what is due" } },
};

const char *problem_title(struct text slug, enum language language)
{
	for (size_t i = 0; i < COUNT_OF(titles); i++)
		if (text_is(slug, titles[i].slug))
			return titles[i].title[language];
	return NULL;
}
