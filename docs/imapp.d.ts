// The shapes of imapp's WebSocket frames and REST bodies. Generated from the server's own; do not edit.
// What a client need not send, and what the server leaves out when it has its default, is optional.

/** Whether a channel takes new messages (seed: status). */
export type ChannelStatus =
  | "disabled"
  | "dissolved"
  | "enabled";

/** Direct chat of two, or group (seed: session_type). */
export type ChannelType =
  | "direct"
  | "group";

/** Who may change a group's name and picture. */
export type EditPolicy =
  | "admins"
  | "members";

/** What an owner can make of somebody; another owner is made by handing over. */
export type GrantableRole =
  | "admin"
  | "member";

/** How people come into a group: any member adds them, only admins do, or admins approve. */
export type JoinPolicy =
  | "admins"
  | "approval"
  | "invite";

/** What became of a request; who is let in has none any more. */
export type JoinRequestStatus =
  | "refused"
  | "waiting";

/** Whether somebody is in a channel now or was once (seed: status). */
export type Membership =
  | "left"
  | "normal";

/** Whether an entry still has its content (seed: status). */
export type MessageStatus =
  | "normal"
  | "recalled";

/** What an entry of a channel's log is (seed: message_type). */
export type MessageType =
  | "edit"
  | "emoji"
  | "file"
  | "image"
  | "recall"
  | "system"
  | "text";

/** Which messages of a conversation should disturb its member. */
export type Notify =
  | "all"
  | "mentions"
  | "none";

/** How far a message got with one recipient (seed: 未接受/已接收/已读). */
export type PushStatus =
  | "read"
  | "received"
  | "unreceived";

/** Whether the others learn what somebody has read: always, never, or as he chooses. */
export type ReadReceipts =
  | "choose"
  | "off"
  | "on";

/** A member's role in a channel (seed: role). */
export type Role =
  | "admin"
  | "member"
  | "owner";

/**
 * Which hits come first.
 *
 *     `newest`: those sent last. `relevant`: those with the most words just as they were typed, of these those
 *     that say the least beside them, of these the newest.
 */
export type SearchOrder =
  | "newest"
  | "relevant";

/** What kinds of messages can be searched for: those that people send. */
export type SearchedType =
  | "emoji"
  | "file"
  | "image"
  | "text";

/** What an owner can set; dissolving is a request of its own, since it is for ever. */
export type SettableStatus =
  | "disabled"
  | "enabled";

/** What happens to a message, in this order. */
export type TraceStepName =
  | "accepted"
  | "delivered"
  | "dispatched"
  | "published"
  | "pushed"
  | "read"
  | "received"
  | "stored";

/** Why an entry counts as unread, or does not; only `unread` counts. The first that is true is told. */
export type UnreadReason =
  | "change"
  | "cleared"
  | "not_there"
  | "own"
  | "read"
  | "recalled"
  | "removed"
  | "system"
  | "unread";

/** Where somebody comes from (seed: 用户来源). */
export type UserKind =
  | "bot"
  | "employee"
  | "external"
  | "visitor";

/** Whether somebody may come in. */
export type UserStatus =
  | "active"
  | "disabled";

/**
 * Why a request was refused. Later versions may add to these.
 *
 * invalid: Mend the request; `errors` says where.
 * unsupported: This server does not do it (yet).
 * unauthorized: Get a new token.
 * forbidden: Ask somebody with the right.
 * not_found: Do not ask again: there is none, or it is not yours to know.
 * conflict: Choose another `client_message_id`; this one was used for something else.
 * not_member: You are no longer in this channel.
 * muted: Wait; `errors.until` says how long, unless all but the admins are muted.
 * channel_full: Add fewer, or set a higher limit; nothing was changed.
 * quota_exceeded: Somebody has as many as one may have; `errors` says of what, and who.
 * channel_disabled: It takes no messages now; never again, if `errors.status` is `dissolved`.
 * recall_window_passed: `errors` says how many seconds one has; a group's admins have longer.
 * edit_window_passed: `errors` says how many seconds one has; send another message instead.
 * message_recalled: It says nothing any more, and stays so.
 * too_large: Send less.
 * unsupported_media: Send it as another kind; `errors` says what is wrong with a file.
 * rate_limited: Wait `retry_after` seconds, then repeat with the same `client_message_id`.
 * search_unavailable: Try again after `retry_after` seconds; all else works as ever.
 * busy: Not done, or nobody knows: repeat with the same `client_message_id`, which settles it.
 * internal: It was set aside for the operators; repeating does not help.
 */
export type ErrorCode =
  | "invalid"
  | "unsupported"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "not_member"
  | "muted"
  | "channel_full"
  | "quota_exceeded"
  | "channel_disabled"
  | "recall_window_passed"
  | "edit_window_passed"
  | "message_recalled"
  | "too_large"
  | "unsupported_media"
  | "rate_limited"
  | "search_unavailable"
  | "busy"
  | "internal";

/** A new emoji: either a character or an address. */
export interface AddEmojiBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** What stands between `[:` and `:]`; the emoji's id (seed: emoji_id). 1 to 32 characters; pattern `^[a-z0-9_+-]{1,32}$(?!\n)`. */
  shortcode: string;
  /** The pack it is in. 1 to 32 characters; pattern `^[a-z0-9_-]{1,32}$(?!\n)`. */
  pack: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name: string;
  /** The Unicode emoji that it is, if it is no picture. At most 16 characters. Default: "". */
  character?: string;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. Default: "". */
  address?: string;
}

/** Add people, all or none; a direct chat becomes a group. */
export interface AddMembers {
  type: "add_members";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** 1 to 500 entries. */
  user_ids: string[];
}

/** People to add, all or none; those already in are ignored. A direct chat becomes a group. */
export interface AddMembersBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 1 to 500 entries. */
  user_ids: string[];
}

/** Why something is done. */
export interface AdminBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
}

/** A direct chat or a group, as administrators see it. */
export interface AdminChannel {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  channel_type: ChannelType;
  /** Empty for a direct chat. */
  name: string;
  avatar: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  creator: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  owner: string | null;
  status: ChannelStatus;
  max_members: number;
  member_count: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  last_seq: number;
  /** RFC 3339, UTC, milliseconds. */
  last_time: string;
  /** RFC 3339, UTC, milliseconds. */
  created_at: string;
  /** For how long messages are kept: 0 for ever, null as in all channels. */
  retention_days: number | null;
  /** What is before it was deleted for good. 1 to 999,999,999,999. */
  kept_from_seq: number;
}

/** Channels by id. */
export interface AdminChannelPage {
  channels: AdminChannel[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** A WebSocket that has said hello. */
export interface AdminConnection {
  /** At most 100 characters. */
  connection_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  gateway: string;
  /** As the client calls it. */
  device: string;
  /** RFC 3339, UTC, milliseconds. */
  since: string;
}

/** Connections by id. */
export interface AdminConnectionPage {
  connections: AdminConnection[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** The id of the recall. */
export interface AdminRecallBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
}

/** What becomes of a channel; `dissolved` is for ever. */
export interface AdminStatusBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  status: ChannelStatus;
}

/** A person, as administrators see him. */
export interface AdminUser {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  name: string;
  avatar: string;
  kind: UserKind;
  status: UserStatus;
  /** When his row was changed last. */
  updated_at: string | null;
}

/** People by user id, disabled ones too. */
export interface AdminUserPage {
  users: AdminUser[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** What is put up in a group, by whom and when. */
export interface Announcement {
  text: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  by: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
}

/** Let in people who asked or were proposed, or refuse them; all or none. */
export interface AnswerJoinRequests {
  type: "answer_join_requests";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** 1 to 500 entries. */
  user_ids: string[];
  accept: boolean;
}

/** Who is let in, or refused; all or none. */
export interface AnswerJoinRequestsBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 1 to 500 entries. */
  user_ids: string[];
  accept: boolean;
}

/** Records, the latest first. */
export interface AuditPage {
  records: AuditRecord[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** One action of an administrator. It is written down before it is done, and can't be changed. */
export interface AuditRecord {
  audit_id: string;
  /** The user id; `cli:NAME` for the command line of an operator. */
  actor: string;
  action: string;
  /** Ids of what it was about. */
  targets: string[];
  /** The request's own fields, long texts cut. */
  details: { [name: string]: unknown };
  reason: string | null;
  request_id: string;
  /** From where it came. */
  address: string;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  /** `ok` or the code of the refusal; null: not known (yet), it may have been done. */
  outcome: string | null;
  /** When the outcome was known. */
  ended: string | null;
}

/** What changes about an emoji; absent fields stay. Its shortcode stands in messages, and stays. */
export interface ChangeEmojiBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** The pack it is in. 1 to 32 characters; pattern `^[a-z0-9_-]{1,32}$(?!\n)`. */
  pack?: string | null;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name?: string | null;
  /** The Unicode emoji that it is, if it is no picture. At most 16 characters. */
  character?: string | null;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. */
  address?: string | null;
}

/** Change my picture: to an image that I have sent up, an address, or none. */
export interface ChangeMe {
  type: "change_me";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. */
  avatar: string;
}

/** I, as the others see me now. */
export interface ChangeMeReply {
  type: "ok";
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  name: string;
  avatar: string;
  kind: UserKind;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** A direct chat or a group, as one of its members sees it. */
export interface Channel {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  channel_type: ChannelType;
  name: string;
  avatar: string;
  /** The other person of a direct chat. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  peer: string | null;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  creator: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  owner: string | null;
  status: ChannelStatus;
  max_members: number;
  member_count: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  last_seq: number;
  /** RFC 3339, UTC, milliseconds. */
  created_at: string;
  announcement: Announcement | null;
  /** Null in direct chats, and for who has left. */
  settings: GroupSettings | null;
  /** Null for who has left. */
  me: OwnMembership | null;
}

/** How many hits are in a channel. */
export interface ChannelCount {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  count: number;
}

/** The gateway goes away; come back after the given time. */
export interface ClosingEvent {
  type: "closing";
  reconnect_in_ms: number;
}

/** Groups by channel id, then people by user id. */
export interface ContactPage {
  groups: FoundGroup[];
  people: User[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/**
 * One row of my conversation list.
 *
 *     Its fields are the seed's: 聊天名 用户名 聊天图像 未读消息数量 最后一条消息 最后聊天时间.
 */
export interface Conversation {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  channel_type: ChannelType;
  /** The group's name, or the peer's. */
  name: string;
  avatar: string;
  /** The other person of a direct chat. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  peer: string | null;
  status: ChannelStatus;
  membership: Membership;
  member_count: number;
  /** The newest seq this reader may see, or up to which he has cleared it. 0 to 999,999,999,999. */
  last_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  unread: number;
  /** "" for none, "1" ... "99", "99+". */
  unread_label: string;
  last_message: Preview | null;
  /** RFC 3339, UTC, milliseconds. */
  last_time: string;
  pinned: boolean;
  notify: Notify;
  /** The newest message that addresses me and that I have not read. 1 to 999,999,999,999. */
  mentioned_seq: number | null;
  /** I have hidden it, and nothing has come since. */
  hidden: boolean;
  /** I want to come back to it; reading ends it. */
  marked_unread: boolean;
  /** Up to here I see nothing: I have cleared it, or the server keeps it no longer. 0 to 999,999,999,999. */
  cleared_seq: number;
  /** Up to here nobody sees anything: the server keeps it no longer. 0 to 999,999,999,999. */
  removed_seq: number;
  draft: Draft | null;
}

/** My own watermark moved, or I have set something about a conversation, on whichever device. */
export interface ConversationEvent {
  type: "conversation";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  unread: number;
  unread_label: string;
  /** What it looks like now, if something was set. */
  conversation?: Conversation | null;
}

/** Pinned first, then unread, then by last time, newest first. */
export interface ConversationPage {
  conversations: Conversation[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** The conversation as it is now. */
export interface ConversationReply {
  type: "ok";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  channel_type: ChannelType;
  /** The group's name, or the peer's. */
  name: string;
  avatar: string;
  /** The other person of a direct chat. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  peer: string | null;
  status: ChannelStatus;
  membership: Membership;
  member_count: number;
  /** The newest seq this reader may see, or up to which he has cleared it. 0 to 999,999,999,999. */
  last_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  unread: number;
  /** "" for none, "1" ... "99", "99+". */
  unread_label: string;
  last_message: Preview | null;
  /** RFC 3339, UTC, milliseconds. */
  last_time: string;
  pinned: boolean;
  notify: Notify;
  /** The newest message that addresses me and that I have not read. 1 to 999,999,999,999. */
  mentioned_seq: number | null;
  /** I have hidden it, and nothing has come since. */
  hidden: boolean;
  /** I want to come back to it; reading ends it. */
  marked_unread: boolean;
  /** Up to here I see nothing: I have cleared it, or the server keeps it no longer. 0 to 999,999,999,999. */
  cleared_seq: number;
  /** Up to here nobody sees anything: the server keeps it no longer. 0 to 999,999,999,999. */
  removed_seq: number;
  draft: Draft | null;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** A new group; the caller becomes its owner. */
export interface CreateGroup {
  type: "create_group";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name: string;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. Default: "". */
  avatar?: string;
  /** 1 to 500 entries. */
  user_ids: string[];
}

/** A new group; the caller becomes its owner. */
export interface CreateGroupBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name: string;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. Default: "". */
  avatar?: string;
  /** 1 to 500 entries. */
  user_ids: string[];
}

/** Whether something that a process needs answers it. */
export interface Dependency {
  ok: boolean;
  /** Why not. */
  reason: string | null;
}

/** End a group for ever. Its members go on reading it. */
export interface Dissolve {
  type: "dissolve";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
}

/** The end of the group. */
export interface DissolveBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
}

/** What I have begun to write, on whichever device. */
export interface Draft {
  text: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to: string | null;
  /** RFC 3339, UTC, milliseconds. */
  updated_at: string;
}

/** What I have begun to write; without a text and a reply it is taken away. */
export interface DraftBody {
  /** As a message's. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  text?: string;
  /** The message of this channel it answers. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
}

/** Let a text of mine say something else: the whole text and all of its mentions. */
export interface Edit {
  type: "edit";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. */
  content: string;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
}

/** What a message shall say from now on: the whole text and all of its mentions. */
export interface EditBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. */
  content: string;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
}

/** One emoji: a Unicode character, or a picture at an address. */
export interface Emoji {
  /** What stands between `[:` and `:]`; the emoji's id (seed: emoji_id). 1 to 32 characters; pattern `^[a-z0-9_+-]{1,32}$(?!\n)`. */
  shortcode: string;
  /** The pack it is in. 1 to 32 characters; pattern `^[a-z0-9_-]{1,32}$(?!\n)`. */
  pack: string;
  /** For people, and for who can't see it. */
  name: string;
  /** The Unicode emoji that it is, if it is no picture. At most 16 characters. */
  character: string;
  /** A file key or an https address (seed: key或者url); or empty. */
  address: string;
}

/** A pack, and how many emoji are in it. */
export interface EmojiPack {
  /** The pack it is in. 1 to 32 characters; pattern `^[a-z0-9_-]{1,32}$(?!\n)`. */
  pack: string;
  emojis: number;
}

/** Packs by name. */
export interface EmojiPackPage {
  packs: EmojiPack[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Emoji by shortcode. */
export interface EmojiPage {
  emojis: Emoji[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** A page of the emoji table: of one pack, or all. */
export interface Emojis {
  type: "emojis";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The pack it is in. 1 to 32 characters; pattern `^[a-z0-9_-]{1,32}$(?!\n)`. */
  pack?: string | null;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor?: string | null;
  /** 1 to 200. Default: 200. */
  limit?: number;
}

/** A page of the emoji table. */
export interface EmojisReply {
  type: "ok";
  emojis: Emoji[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/**
 * One entry of a channel's log, as it is now. Absent fields have their default.
 *
 *     A recalled message keeps its place, its sender and its time; what it said is gone.
 */
export interface Entry {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  /** The sender's name when it was sent. Default: "". */
  sender_name?: string;
  /** The sender's avatar when it was sent. Default: "". */
  sender_avatar?: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  message_type: MessageType;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  content?: string;
  /** The sender's own data beside the text, at most 4096 bytes of JSON; of a system entry: what happened (`event`, `user_ids`, `name` ...); of a recall or an edit: which message it changes (`message_id`, `target_seq`). */
  extra?: { [name: string]: unknown };
  /** The message of this channel that is answered. What it says is in the `quotes` of a page. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
  /** Everybody in the channel is addressed. In groups of more than 50 the right of their admins. Default: false. */
  mention_all?: boolean;
  /** Whose words these are, if passed on. */
  forwarded?: Forwarded | null;
  /** Default: "normal". */
  status?: MessageStatus;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
  /** When its text was edited last. */
  edited_at?: string | null;
}

/** The body of every REST error. */
export interface ErrorBody {
  /** What it is: act on this. */
  code: ErrorCode;
  /** The HTTP status, again. */
  status: number;
  /** One sentence for the developer of the client. */
  message: string;
  /** Under which it is in the server's log. */
  request_id: string;
  /** What is wrong where: by field, or the data of the refusal. */
  errors?: { [name: string]: unknown } | null;
  /** Seconds to wait before the same try. */
  retry_after?: number | null;
}

/** Why a request was refused. Nothing of it was done, except that `busy` leaves the outcome open. */
export interface ErrorReply {
  type: "error";
  id?: string | null;
  /** What it is: act on this. */
  code: ErrorCode;
  message: string;
  /** Seconds to wait before the same try. */
  retry_after?: number | null;
  errors?: { [name: string]: unknown } | null;
}

/** A file that is stored. Of an image: how large it is, and which thumbnails there are. */
export interface File {
  /** A file's id, given by the server. 1 to 64 characters; pattern `^[A-Za-z0-9_-]{1,64}$(?!\n)`. */
  file_id: string;
  /** What the file was called where it came from: data to show, never a path to write to. At most 255 characters. */
  name: string;
  /** By its content. */
  media_type: string;
  /** Bytes, as they are fetched. At least 1. */
  size: number;
  /**
   * Of the bytes that are fetched. Pattern `^[0-9a-f]{64}$(?!
   * )`.
   */
  sha256: string;
  /** Pixels, as shown. At least 1. */
  width: number | null;
  /** Pixels, as shown. At least 1. */
  height: number | null;
  /** RFC 3339, UTC, milliseconds. */
  created_at: string;
}

/** An address that needs no token for a while; good for one person alone. */
export interface FileUrl {
  /** Relative to the server. */
  url: string;
  /** RFC 3339, UTC, milliseconds. */
  expires_at: string;
}

/** Who said first what is forwarded, and when. Where is not told. */
export interface Forwarded {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  sender_name: string;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
}

/** A group that I am or was in; if I have left it, as it was then. */
export interface FoundGroup {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  name: string;
  avatar: string;
  member_count: number;
  membership: Membership;
}

/** What I have set for myself, whatever the conversation. */
export interface GetSettings {
  type: "settings";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** The order of a group, as its admins have set it. */
export interface GroupSettings {
  /** Members add people, only admins do, or admins approve. */
  join: JoinPolicy;
  /** Only its owner and admins may write. */
  mute_all: boolean;
  /** Who may change its name and picture. */
  edit: EditPolicy;
}

/** Say who you are, first and within 5 s; again later to renew the token. */
export interface Hello {
  type: "hello";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** Absent if the header carried it. At most 8,192 characters. */
  token?: string | null;
  /** Names this device among yours. At most 64 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. Default: "". */
  device?: string;
  /** What the client speaks. 1 to 1,000. Default: 1. */
  protocol?: number;
  /** Of the last sync: the reply then holds a sync. At most 500 characters. */
  cursor?: string | null;
}

/** You are in. Live events follow; what came before them is in `sync`. */
export interface HelloReply {
  type: "ok";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user: string;
  connection: string;
  epoch: string;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
  protocol: number;
  /** The server pings this often; 60 s of silence end it. */
  heartbeat_s: number;
  limits: { [name: string]: number };
  /** What I have set for myself, as `settings` answers it. */
  settings: Settings;
  sync?: SyncPage | null;
}

/** A page of entries: at most one of before, after, around; none means the newest. */
export interface History {
  type: "history";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  before?: number | null;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  after?: number | null;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  around?: number | null;
  /** 1 to 100. Default: 50. */
  limit?: number;
}

/**
 * Entries by seq, and the range they cover.
 *
 *     A seq between from_seq and to_seq without an entry is not this reader's: do not ask for it again.
 */
export interface HistoryPage {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  entries: Entry[];
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  from_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  to_seq: number;
  more_before: boolean;
  more_after: boolean;
  /** What the entries reply to, each once, as far as you may see it; absent for none. */
  quotes?: Quote[];
}

/** A page of entries. */
export interface HistoryReply {
  type: "ok";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  entries: Entry[];
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  from_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  to_seq: number;
  more_before: boolean;
  more_after: boolean;
  /** What the entries reply to, each once, as far as you may see it; absent for none. */
  quotes?: Quote[];
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** A message that was found, as it is now, and the part of it that matches. */
export interface Hit {
  entry: Entry;
  /** Around the first match in its text. */
  content?: Piece[];
  /** The same of its file's name. */
  file_name?: Piece[];
}

/** Somebody who waits to be let in. */
export interface JoinRequest {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  name: string;
  avatar: string;
  /** Who proposed him; himself, if he asked. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  by: string;
  reason: string;
  /** When he asked; of the refused when that was. */
  at: string;
}

/** Those who wait or were refused, by user id. */
export interface JoinRequestPage {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  requests: JoinRequest[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Which of somebody's connections: the one with this id, or all. */
export interface KickBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** 1 to 100 characters. */
  connection_id?: string | null;
}

/** Which connections were closed, and which gateways have not said so in time. */
export interface Kicked {
  closed: string[];
  /** They may have closed some, or do so late. */
  silent: string[];
}

/** Leave a group. */
export interface Leave {
  type: "leave";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
}

/** The process answers. */
export interface Liveness {
  status: string;
}

/** What I change about myself. */
export interface MeBody {
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. */
  avatar: string;
}

/** One present member of a channel. */
export interface Member {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  name: string;
  avatar: string;
  role: Role;
  /** RFC 3339, UTC, milliseconds. */
  joined_at: string;
  membership: Membership;
  /** His name in this group; empty for none. */
  nickname: string;
  /** Told to the owner, to admins and to himself. */
  muted_until: string | null;
}

/** Members by user id. */
export interface MemberPage {
  members: Member[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** A new entry of a channel that you are in. */
export interface MessageEvent {
  type: "message";
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  /** The sender's name when it was sent. Default: "". */
  sender_name?: string;
  /** The sender's avatar when it was sent. Default: "". */
  sender_avatar?: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  message_type: MessageType;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  content?: string;
  /** The sender's own data beside the text, at most 4096 bytes of JSON; of a system entry: what happened (`event`, `user_ids`, `name` ...); of a recall or an edit: which message it changes (`message_id`, `target_seq`). */
  extra?: { [name: string]: unknown };
  /** The message of this channel that is answered. What it says is in the `quotes` of a page. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
  /** Everybody in the channel is addressed. In groups of more than 50 the right of their admins. Default: false. */
  mention_all?: boolean;
  /** Whose words these are, if passed on. */
  forwarded?: Forwarded | null;
  /** Default: "normal". */
  status?: MessageStatus;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
  /** When its text was edited last. */
  edited_at?: string | null;
}

/** A page of hits. Ask for the next with `cursor`; null when this was the last. */
export interface MessageHits {
  hits: Hit[];
  /** Of all pages; told with the first. */
  total: number | null;
  /** The 100 with the most hits; told with the first page. */
  channels: ChannelCount[];
  coverage: SearchCoverage;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** How far messages of mine got: read by so many of so many. */
export interface MessageReceipts {
  type: "message_receipts";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 1 to 20 entries. */
  message_ids: string[];
}

/** The counts of each; those that are not mine are left out. */
export interface MessageReceiptsReply {
  type: "ok";
  messages: ReceiptSummary[];
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** The life of one message, without its text. */
export interface MessageTrace {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  client_message_id: string;
  message_type: MessageType;
  status: MessageStatus;
  /** In order, a page of them. */
  steps: TraceStep[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
  /** What is not known, or not any more, and why. */
  unknown: string[];
}

/** What a message said from one time to another. */
export interface MessageVersion {
  content: string;
  mentions: string[];
  /** RFC 3339, UTC, milliseconds. */
  written: string;
  /** RFC 3339, UTC, milliseconds. */
  replaced: string;
  /** The seq of the edit that replaced it. 1 to 999,999,999,999. */
  edit_seq: number;
}

/** Let somebody of a lower role write nothing until a time. */
export interface MuteMember {
  type: "mute_member";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  /** RFC 3339, to come, within a year. At most 40 characters; pattern `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)`. */
  until: string;
}

/** Until when somebody shall write nothing. */
export interface MuteMemberBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** RFC 3339, to come, within a year. At most 40 characters; pattern `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)`. */
  until: string;
}

/** Remind those who have not read a message of mine: by an event, and by a push that no muting stops. */
export interface Nudge {
  type: "nudge";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
}

/** Remind those who have not read a message of mine. */
export interface NudgeBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
}

/** Somebody reminds me of a message of his that I have not read; it may come twice. */
export interface NudgeEvent {
  type: "nudge";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  user_name: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
}

/** How many are reminded. */
export interface NudgeReply {
  type: "ok";
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** How many they are, as far as I may know. */
  nudged: number;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Those who have not read it are reminded. */
export interface Nudged {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** How many they are, as far as I may know. */
  nudged: number;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
}

/** An entry by itself, with what it answers beside it. */
export interface OneEntry {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  /** The sender's name when it was sent. Default: "". */
  sender_name?: string;
  /** The sender's avatar when it was sent. Default: "". */
  sender_avatar?: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  message_type: MessageType;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  content?: string;
  /** The sender's own data beside the text, at most 4096 bytes of JSON; of a system entry: what happened (`event`, `user_ids`, `name` ...); of a recall or an edit: which message it changes (`message_id`, `target_seq`). */
  extra?: { [name: string]: unknown };
  /** The message of this channel that is answered. What it says is in the `quotes` of a page. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
  /** Everybody in the channel is addressed. In groups of more than 50 the right of their admins. Default: false. */
  mention_all?: boolean;
  /** Whose words these are, if passed on. */
  forwarded?: Forwarded | null;
  /** Default: "normal". */
  status?: MessageStatus;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
  /** When its text was edited last. */
  edited_at?: string | null;
  /** What it replies to, as it is now; absent if you may not see that. */
  quote?: Quote | null;
}

/** The direct chat with one person; it is made if there is none. */
export interface OpenDirect {
  type: "open_direct";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  to: string;
}

/** The direct chat with one person; it is made if there is none. */
export interface OpenDirectBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  to: string;
}

/** My wish to be let in, and what became of it. */
export interface OwnJoinRequest {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Who proposed me; myself, if I asked. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  by: string;
  reason: string;
  status: JoinRequestStatus;
  /** Since when it waits, or when it was refused. */
  at: string;
  /** It is forgotten then. */
  until: string;
}

/** What I am in a channel. */
export interface OwnMembership {
  role: Role;
  nickname: string;
  /** I may write again then; null: now. */
  muted_until: string | null;
}

/** A part of a text, to be shown as it is; `marked` if it is what was searched for. */
export interface Piece {
  text: string;
  /** Default: false. */
  marked?: boolean;
}

/** Is anybody there? Answered with `pong`. */
export interface Ping {
  type: "ping";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Somebody is. */
export interface Pong {
  type: "pong";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** People whom this connection watches have come or gone; at most one such event a second. */
export interface PresenceEvent {
  type: "presence";
  users: UserPresence[];
}

/** The presence of some people. */
export interface PresenceList {
  users: UserPresence[];
}

/**
 * The newest entry this reader may see, as it is now, cut to 100 characters.
 *
 *     Recalls and edits are not shown themselves: what they changed is.
 */
export interface Preview {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  sender_name: string;
  message_type: MessageType;
  content: string;
  /** Of a system entry: what happened, to the first few people. */
  extra: { [name: string]: unknown };
  status: MessageStatus;
  /** RFC 3339, UTC, milliseconds. */
  server_time: string;
}

/** What became of a message with one of its recipients. */
export interface Push {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  receiver: string;
  name: string;
  status: PushStatus;
  /** Since when it has this status; `unreceived`: when it was stored. */
  last_modified_time: string;
}

/** How many recipients a message has, by status; each counts once. */
export interface PushCounts {
  total: number;
  unreceived: number;
  /** Received and not read. */
  received: number;
  read: number;
}

/** The recipients of a message by user id: everybody whose stay covers it, without its sender. */
export interface PushPage {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  counts: PushCounts;
  pushes: Push[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** A message that is answered, as it is now. Recalled, it says nothing any more. */
export interface Quote {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string;
  sender_name: string;
  message_type: MessageType;
  /** The first 100 characters. Default: "". */
  content?: string;
  /** Of an image or a file: which one. */
  extra?: { [name: string]: unknown };
  /** Default: "normal". */
  status?: MessageStatus;
}

/** Everything up to this seq has been read; the watermark only grows. */
export interface Read {
  type: "read";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
}

/** Everything up to this seq has been read. */
export interface ReadBody {
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
}

/** The watermark now. */
export interface ReadReply {
  type: "ok";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  unread: number;
  unread_label: string;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** My watermark in a channel and what is left unread. */
export interface ReadState {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  unread: number;
  unread_label: string;
}

/** Whether a process can serve requests, and if not, why. */
export interface Readiness {
  ready: boolean;
  mongodb: Dependency;
  rabbitmq: Dependency;
  /** Whether every shard has somebody who stores its messages. */
  writers: Dependency;
  /** Whether marks of what was received and read are applied; not needed. */
  receipts: Dependency;
  /** Whether somebody works out who must be told outside; not needed. */
  pushes: Dependency;
  /** Search and old messages; not needed. Absent where none is configured. */
  elasticsearch?: Dependency | null;
  /** Whether somebody indexes what is sent; likewise. */
  archive?: Dependency | null;
  /** It serves, but something that it does not need is missing. */
  degraded: boolean;
  /** It is about to stop and takes nothing new. */
  draining: boolean;
}

/** Take back a message: what it said is gone, for everybody and everywhere. */
export interface Recall {
  type: "recall";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
}

/** The client's id of a recall. */
export interface RecallBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
}

/** Somebody has received or read what he may see up to a seq; told to those who sent lately. */
export interface ReceiptEvent {
  type: "receipt";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  status: PushStatus;
  /** Since which seq; absent: since the start. 1 to 999,999,999,999. Default: 1. */
  from_seq?: number;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  up_to_seq: number;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
}

/** How far messages of mine got, in the order of the request; those that are not mine are left out. */
export interface ReceiptSummaries {
  messages: ReceiptSummary[];
}

/** How far a message got: read by `counts.read` of `counts.total`. */
export interface ReceiptSummary {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  counts: PushCounts;
}

/** How far my newest message in a big group got, at most every other second. */
export interface ReceiptsEvent {
  type: "receipts";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** Recipients. */
  total: number;
  /** Received and not read. */
  received: number;
  read: number;
}

/** A device has received everything up to this seq. No reply; at most twice a second per channel. */
export interface Received {
  type: "received";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** If it holds nothing older: from where on. 1 to 999,999,999,999. Default: 1. */
  from_seq?: number;
}

/** Take somebody out of a group. */
export interface RemoveMember {
  type: "remove_member";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
}

/** Ask the admins of a group that takes requests to let you in. */
export interface RequestJoin {
  type: "request_join";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** What the admins read of it. At most 200 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. Default: "". */
  reason?: string;
}

/** The wish to be let in. */
export interface RequestJoinBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** What the admins read of it. At most 200 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. Default: "". */
  reason?: string;
}

/** The gateway may have missed something: run sync. */
export interface ResyncEvent {
  type: "resync";
}

/** For how long a channel keeps its messages; what is older is deleted for good the next night. */
export interface RetentionBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** In days; 0 for ever, null as in all channels (`IM_RETENTION_DAYS`). 0 to 36,500. */
  retention_days: number | null;
}

/** How many of a page are in the index now, which are not, and where the next page begins. */
export interface RetriedEntries {
  indexed: number;
  left: UnindexedEntry[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Which page of them is tried again. */
export interface RetryBody {
  /** Why, for those who read the audit log: a ticket, a complaint, a court order. 1 to 500 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  reason?: string | null;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor?: string | null;
  /** Entries at most. 1 to 200. Default: 50. */
  limit?: number;
}

/** How far the index is. */
export interface SearchCoverage {
  /** What was sent to you before then has been searched. */
  complete_until: string;
  /** How many of your channels have messages that may not be found yet. */
  channels_behind: number;
}

/** Messages that I may read: by words, or by at least one of sender, channel and type. */
export interface SearchMessages {
  type: "search_messages";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** At most 10 words with blanks between, all of which must be there. What stands in quotation marks belongs together. 1 to 200 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  words?: string | null;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender?: string | null;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id?: string | null;
  message_type?: SearchedType | null;
  /** Sent then or later. At most 40 characters; pattern `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)`. */
  since?: string | null;
  /** Sent before. At most 40 characters; pattern `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)`. */
  until?: string | null;
  /** Default: "newest". */
  order?: SearchOrder;
  /** Of the last page of the same search. At most 500 characters. */
  cursor?: string | null;
  /** 1 to 50. Default: 20. */
  limit?: number;
}

/** A page of hits. */
export interface SearchMessagesReply {
  type: "ok";
  hits: Hit[];
  /** Of all pages; told with the first. */
  total: number | null;
  /** The 100 with the most hits; told with the first page. */
  channels: ChannelCount[];
  coverage: SearchCoverage;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Send a message to a channel, or with `to` to a person. Answered once it is stored. */
export interface Send {
  type: "send";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id?: string | null;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  to?: string | null;
  /** Default: "text". */
  message_type?: MessageType;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  content?: string;
  /** The sender's own data beside the text, at most 4096 bytes of JSON; of a system entry: what happened (`event`, `user_ids`, `name` ...); of a recall or an edit: which message it changes (`message_id`, `target_seq`). */
  extra?: { [name: string]: unknown };
  /** The message of this channel that is answered. What it says is in the `quotes` of a page. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
  /** Everybody in the channel is addressed. In groups of more than 50 the right of their admins. Default: false. */
  mention_all?: boolean;
  /** Instead of anything else: the message to pass on, of any channel that you may read. The server copies what it says. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  forward_of?: string | null;
}

/** A message to send to a channel. */
export interface SendBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** Default: "text". */
  message_type?: MessageType;
  /** Plain text, never HTML; shown as it is. No control characters but tab and newline. At most 5,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. Default: "". */
  content?: string;
  /** The sender's own data beside the text, at most 4096 bytes of JSON; of a system entry: what happened (`event`, `user_ids`, `name` ...); of a recall or an edit: which message it changes (`message_id`, `target_seq`). */
  extra?: { [name: string]: unknown };
  /** The message of this channel that is answered. What it says is in the `quotes` of a page. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  reply_to?: string | null;
  /** Members who are addressed. At most 100 entries. */
  mentions?: string[];
  /** Everybody in the channel is addressed. In groups of more than 50 the right of their admins. Default: false. */
  mention_all?: boolean;
  /** Instead of anything else: the message to pass on, of any channel that you may read. The server copies what it says. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  forward_of?: string | null;
}

/** Put up an announcement, or take it away with an empty text. */
export interface SetAnnouncement {
  type: "set_announcement";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Plain text, never HTML; empty takes the announcement away. At most 2,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. */
  text: string;
}

/** What shall be put up. */
export interface SetAnnouncementBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** Plain text, never HTML; empty takes the announcement away. At most 2,000 characters; pattern `^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$`. */
  text: string;
}

/** Change what I have set about a conversation, for me alone; absent fields stay. */
export interface SetConversation {
  type: "set_conversation";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  pinned?: boolean | null;
  notify?: Notify | null;
  /** Hide it until something newer comes; 0 shows it again. 0 to 999,999,999,999. */
  hidden_seq?: number | null;
  marked_unread?: boolean | null;
  /** Clear my history up to here; only grows. 1 to 999,999,999,999. */
  cleared_seq?: number | null;
  draft?: DraftBody | null;
}

/**
 * What I change about a conversation for myself, at least one thing; absent or null leaves it.
 *
 *     It is a state and no step: saying it twice is saying it once.
 */
export interface SetConversationBody {
  pinned?: boolean | null;
  notify?: Notify | null;
  /** Hide it until something newer than this comes; 0 shows it again. 0 to 999,999,999,999. */
  hidden_seq?: number | null;
  marked_unread?: boolean | null;
  /** Clear my history up to here, for me alone; it only grows. 1 to 999,999,999,999. */
  cleared_seq?: number | null;
  draft?: DraftBody | null;
}

/** Name yourself, or somebody of a lower role, in a group; an empty nickname takes it away. */
export interface SetNickname {
  type: "set_nickname";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id?: string | null;
  /** A member's name in one group; empty for none. At most 50 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  nickname: string;
}

/** The name of a member in the group. */
export interface SetNicknameBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** A member's name in one group; empty for none. At most 50 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  nickname: string;
}

/** Make somebody an admin, or a member again. */
export interface SetRole {
  type: "set_role";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  role: GrantableRole;
}

/** The role that somebody shall have. */
export interface SetRoleBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  role: GrantableRole;
}

/** Change it. */
export interface SetSettings {
  type: "set_settings";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** Whether others learn what I have read, and I what they have. */
  share_read: boolean;
}

/** Disable a group, so that nobody writes to it, or enable it again. */
export interface SetStatus {
  type: "set_status";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  status: SettableStatus;
}

/** Whether the group takes messages. */
export interface SetStatusBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  status: SettableStatus;
}

/** My settings as they count now. */
export interface Settings {
  /** Whether others learn what I have read, and I what they have. */
  share_read: boolean;
  /** What the organisation has set; I may change mine with `choose`. */
  read_receipts: ReadReceipts;
}

/** What I change for myself; it is a state, so saying it twice is saying it once. */
export interface SettingsBody {
  share_read: boolean;
}

/** I have set something for myself, on whichever device. */
export interface SettingsEvent {
  type: "settings";
  /** Whether others learn what I have read, and I what they have. */
  share_read: boolean;
  /** What the organisation has set; I may change mine with `choose`. */
  read_receipts: ReadReceipts;
}

/** My settings as they are now. */
export interface SettingsReply {
  type: "ok";
  /** Whether others learn what I have read, and I what they have. */
  share_read: boolean;
  /** What the organisation has set; I may change mine with `choose`. */
  read_receipts: ReadReceipts;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Which conversations changed since the cursor; without one, all of them. */
export interface Sync {
  type: "sync";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor?: string | null;
}

/** Conversations that changed since the cursor. Ask again at once while `more`. */
export interface SyncPage {
  /** Of this store; when it changes, drop what you hold and reload. */
  epoch: string;
  conversations: Conversation[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string;
  more: boolean;
}

/** A page of what changed. */
export interface SyncReply {
  type: "ok";
  /** Of this store; when it changes, drop what you hold and reload. */
  epoch: string;
  conversations: Conversation[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string;
  more: boolean;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Something that happened to a message. Times are of the process's own clock. */
export interface TraceStep {
  step: TraceStepName;
  /** Null: it has not happened. */
  time: string | null;
  /** Where, if that is known. */
  process: string | null;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string | null;
  connection_id: string | null;
  note: string;
}

/** Hand a group over to another member; you become a member. */
export interface TransferOwner {
  type: "transfer_owner";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
}

/** Who shall own the group. */
export interface TransferOwnerBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
}

/** I am writing something in this channel. No reply; more than one in 3 s is dropped. */
export interface Typing {
  type: "typing";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
}

/** Somebody is writing in a channel that you are in: show it for some seconds. */
export interface TypingEvent {
  type: "typing";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  user_name: string;
}

/** An entry that Elasticsearch has refused: it is not found, and does not move to the archive. */
export interface UnindexedEntry {
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string;
  /** In the words of Elasticsearch. */
  reason: string;
  /** When it was refused last. */
  since: string;
}

/** Such entries by message id, and how many there are in all. */
export interface UnindexedPage {
  entries: UnindexedEntry[];
  total: number;
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Let him write again. */
export interface UnmuteMember {
  type: "unmute_member";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
}

/** Which entries of a conversation count as unread, and why; from the newest on. */
export interface Unread {
  type: "unread";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** Entries older than this seq. 1 to 999,999,999,999. */
  before?: number | null;
  /** 1 to 100. Default: 50. */
  limit?: number;
}

/** Whether an entry counts as unread for me, and why. */
export interface UnreadEntry {
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq: number;
  /** Null if it is not mine to read. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id: string | null;
  /** Null if it is not mine to read. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  sender: string | null;
  counts: boolean;
  reason: UnreadReason;
}

/** The unread number of a conversation, and its entries by seq, newest first. */
export interface UnreadPage {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** As the conversation list has it. */
  unread: number;
  /** The same, counted in the log just now. */
  recounted: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  last_seq: number;
  entries: UnreadEntry[];
  /** Whether there are older ones: ask with `before`. */
  more: boolean;
}

/** The number, and a page of entries. */
export interface UnreadReply {
  type: "ok";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** As the conversation list has it. */
  unread: number;
  /** The same, counted in the log just now. */
  recounted: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  read_seq: number;
  /** A position, or 0 for none yet. 0 to 999,999,999,999. */
  last_seq: number;
  entries: UnreadEntry[];
  /** Whether there are older ones: ask with `before`. */
  more: boolean;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Rename a group, change its avatar or its settings; absent fields stay. */
export interface UpdateChannel {
  type: "update_channel";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name?: string | null;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. */
  avatar?: string | null;
  /** Members at most; no fewer than are in now. 1 to 500. */
  max_members?: number | null;
  join?: JoinPolicy | null;
  mute_all?: boolean | null;
  edit?: EditPolicy | null;
}

/** What changes about a group; absent fields stay. */
export interface UpdateChannelBody {
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** A name people read; no control characters. 1 to 100 characters; pattern `^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)`. */
  name?: string | null;
  /** An https address, or the id of an image that you have sent up; empty for none. At most 500 characters; pattern `^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)`. */
  avatar?: string | null;
  /** Members at most; no fewer than are in now. 1 to 500. */
  max_members?: number | null;
  join?: JoinPolicy | null;
  mute_all?: boolean | null;
  edit?: EditPolicy | null;
}

/** A person who can be written to. */
export interface User {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  name: string;
  avatar: string;
  kind: UserKind;
}

/** People by user id. */
export interface UserPage {
  users: User[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Whether somebody is online. `last_seen` is null while he is, and for who was never here. */
export interface UserPresence {
  /** The company's user id. 1 to 64 characters; pattern `^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)`. */
  user_id: string;
  online: boolean;
  /** RFC 3339, UTC, milliseconds. */
  last_seen: string | null;
}

/** Earlier versions of a message, oldest first. */
export interface VersionPage {
  versions: MessageVersion[];
  /** Opaque; pass back what the last answer gave. At most 500 characters. */
  cursor: string | null;
}

/** Whose presence to tell from now on, in place of whom it was before; nobody's with an empty list. */
export interface Watch {
  type: "watch";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** At most 500 entries. */
  user_ids: string[];
}

/** Their presence now, in the order of the request. */
export interface WatchReply {
  type: "ok";
  users: UserPresence[];
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
}

/** Take your request back, while nobody has answered it. */
export interface WithdrawJoinRequest {
  type: "withdraw_join_request";
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** The client's own id of this write, unique per sender and channel. Repeat a write with the same id until it is answered: it happens once. 1 to 64 characters; pattern `^[!-~]+$(?!\n)`. */
  client_message_id: string;
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
}

/** What a write did. `message_id` and `seq` are absent when there was nothing to do. */
export interface Written {
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id?: string | null;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq?: number | null;
  /** RFC 3339, UTC, milliseconds. */
  server_time?: string | null;
}

/** The write is stored. For a send it stands where its event would stand in the order of frames. */
export interface WrittenReply {
  type: "ok";
  /** 24 characters of 0-9 and a-z. Exactly 24 characters; pattern `^[0-9a-z]{24}$`. */
  channel_id: string;
  /** The channel id, a dot and the seq in 12 digits. Exactly 37 characters; pattern `^[0-9a-z]{24}\.[0-9]{12}$`. */
  message_id?: string | null;
  /** Position in the channel's log: 1, 2, 3 ... 1 to 999,999,999,999. */
  seq?: number | null;
  /** RFC 3339, UTC, milliseconds. */
  server_time?: string | null;
  /** Chosen by the client; the reply carries it back. 1 to 64 characters. */
  id: string;
  /** Of a message with a file: its `extra` as readers get it (name, size ...). */
  extra?: { [name: string]: unknown } | null;
}

/** What a client sends, told apart by `type`. */
export type ClientFrame =
  | Hello
  | Send
  | Recall
  | Edit
  | Read
  | SetConversation
  | ChangeMe
  | GetSettings
  | SetSettings
  | Unread
  | SearchMessages
  | MessageReceipts
  | Nudge
  | Received
  | Sync
  | History
  | CreateGroup
  | OpenDirect
  | UpdateChannel
  | AddMembers
  | RemoveMember
  | Leave
  | SetRole
  | TransferOwner
  | SetAnnouncement
  | SetNickname
  | MuteMember
  | UnmuteMember
  | SetStatus
  | Dissolve
  | RequestJoin
  | WithdrawJoinRequest
  | AnswerJoinRequests
  | Watch
  | Emojis
  | Typing
  | Ping;

/** What a client is told without having asked, told apart by `type`. */
export type Event =
  | MessageEvent
  | ConversationEvent
  | SettingsEvent
  | PresenceEvent
  | TypingEvent
  | ReceiptEvent
  | ReceiptsEvent
  | NudgeEvent
  | ResyncEvent
  | ClosingEvent;

/** What answers a request: its `id` says which one, and `ReplyTo` in which shape. */
export type Reply =
  | HelloReply
  | WrittenReply
  | ReadReply
  | ConversationReply
  | ChangeMeReply
  | SettingsReply
  | UnreadReply
  | SearchMessagesReply
  | MessageReceiptsReply
  | NudgeReply
  | SyncReply
  | HistoryReply
  | WatchReply
  | EmojisReply
  | Pong
  | ErrorReply;

/** What the server sends. */
export type ServerFrame =
  | Reply
  | Event;

/** What each request is answered with when it is not refused; never: with nothing. */
export interface Replies {
  hello: HelloReply;
  send: WrittenReply;
  recall: WrittenReply;
  edit: WrittenReply;
  read: ReadReply;
  set_conversation: ConversationReply;
  change_me: ChangeMeReply;
  settings: SettingsReply;
  set_settings: SettingsReply;
  unread: UnreadReply;
  search_messages: SearchMessagesReply;
  message_receipts: MessageReceiptsReply;
  nudge: NudgeReply;
  received: never;
  sync: SyncReply;
  history: HistoryReply;
  create_group: WrittenReply;
  open_direct: WrittenReply;
  update_channel: WrittenReply;
  add_members: WrittenReply;
  remove_member: WrittenReply;
  leave: WrittenReply;
  set_role: WrittenReply;
  transfer_owner: WrittenReply;
  set_announcement: WrittenReply;
  set_nickname: WrittenReply;
  mute_member: WrittenReply;
  unmute_member: WrittenReply;
  set_status: WrittenReply;
  dissolve: WrittenReply;
  request_join: WrittenReply;
  withdraw_join_request: WrittenReply;
  answer_join_requests: WrittenReply;
  watch: WatchReply;
  emojis: EmojisReply;
  typing: never;
  ping: Pong;
}

/** The reply to a request of this type. */
export type ReplyTo<T extends ClientFrame["type"]> = Replies[T] | ErrorReply;

/**
 * Why the socket was closed.
 *
 * 1000: You closed; your own code comes back.
 * 1001: The other side goes away. Reconnect.
 * 1002: Broken framing, or a message unfinished after 30 s.
 * 1003: A kind of data that is not taken. Reserved.
 * 1007: Text that is not UTF-8.
 * 1008: Too many pings, pongs, pieces or empty messages.
 * 1009: A message of more than 64 KiB: sending it again does not help.
 * 1011: A mistake in the server. Reconnect.
 * 1013: You read too slowly, or were refused too often. Reconnect later, then sync.
 * 4000: You were silent for 60 s. Reconnect.
 * 4001: The server could not greet you in time. Reconnect, then sync.
 * 4003: The gateway restarts; the `closing` event before it says when to come back.
 * 4501: No hello, no valid token, or the token has expired: get a new one first.
 * 4502: You were disabled, or opened too many connections: do not reconnect by yourself.
 * 4503: This server does not speak your version of the protocol: update the client.
 */
export type CloseCode =
  | 1000
  | 1001
  | 1002
  | 1003
  | 1007
  | 1008
  | 1009
  | 1011
  | 1013
  | 4000
  | 4001
  | 4003
  | 4501
  | 4502
  | 4503;
