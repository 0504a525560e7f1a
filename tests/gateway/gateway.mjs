// The official Wechaty gateway (PuppetServer of wechaty-puppet-service) on the official mock puppet, with an
// HTTP endpoint through which tests play residents, phones and accidents. Every answer to the bot comes from the
// official packages; what is added here is only what the mock leaves out, and faults on demand.
//
//   PORT=8788 CTRL_PORT=8789 TOKEN=secret [TLS_CERT=built-in | TLS_CERT=… TLS_KEY=…] node gateway.mjs
import fs from 'node:fs'
import http from 'node:http'
import * as PUPPET from 'wechaty-puppet'
import { grpc, puppet as grpcPuppet } from 'wechaty-grpc'
import { PuppetMock, mock } from 'wechaty-puppet-mock'
import { PuppetServer } from 'wechaty-puppet-service'

const PORT = Number(process.env.PORT)
const CTRL_PORT = Number(process.env.CTRL_PORT)
const TOKEN = process.env.TOKEN
const { TLS_CERT, TLS_KEY } = process.env
const TEXT = PUPPET.types.Message.Text
const BOT = 'wxid_bot'
const CONTACTS = { [BOT]: '小区助手', wxid_zhang: '张阿姨', wxid_li: '李先生', wxid_grid: '王网格长' }
const ROOMS = { '3@chatroom': '3号楼业主群', '4@chatroom': '4号楼业主群', '5@chatroom': '5号楼业主群' }

let botId, loggedOut, sent, accepted, aliases, faults, friendships, invitations, calls, lastId = 0
const wipe = () => {
  botId = BOT
  loggedOut = false // a client's Start must not log an account in that a test has logged out
  sent = []
  accepted = []
  aliases = { '3@chatroom wxid_zhang': '3-2-301 张' }
  faults = new Map() // message id → { fail: times, hang: ms, xml: … }
  friendships = {}
  invitations = {}
  calls = {}
}
wipe()
const newId = prefix => `${prefix}_${process.pid}_${++lastId}`
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

class Puppet extends PuppetMock {
  // The mock drops mentions and gives no id back: recorded, stored and echoed here as real puppets do.
  async messageSendText (conversationId, text, mentionIdList = []) {
    return this.say(conversationId, { type: TEXT, text }, { mentions: mentionIdList })
  }

  async messageSendFile (conversationId, file) {
    const content = await file.toBuffer()
    const record = { file: file.name, size: content.length, content: content.toString('base64') }
    return this.say(conversationId, { type: PUPPET.types.Message.Attachment, filename: file.name }, record)
  }

  async say (conversationId, content, record) {
    if (!this.isLoggedIn) throw new Error('not logged in')
    const rule = faults.get(`send ${conversationId}`)
    if (rule?.hang) await sleep(rule.hang)
    if (rule?.error) throw new Error(rule.error)
    const isRoom = conversationId.includes('@')
    isRoom ? this.mocker.RoomMock.load(conversationId) : this.mocker.ContactMock.load(conversationId)
    const id = newId('out')
    this.mocker.cacheMessagePayload.set(id, {
      id, talkerId: this.currentUserId, timestamp: Date.now(), text: '', ...content,
      ...(isRoom ? { roomId: conversationId, mentionIdList: record.mentions } : { listenerId: conversationId }),
    })
    sent.push({ id, to: conversationId, text: content.text ?? '', ...record })
    setImmediate(() => this.emit('message', { messageId: id }))
    return id
  }

  async messagePayload (id) {
    const rule = faults.get(id)
    if (rule?.hang) await sleep(rule.hang)
    if (rule?.fail > 0) {
      rule.fail--
      throw new Error('the payload is not there yet')
    }
    return super.messagePayload(id)
  }

  async roomMemberRawPayload (roomId, contactId) {
    return { ...await super.roomMemberRawPayload(roomId, contactId), roomAlias: aliases[`${roomId} ${contactId}`] }
  }

  async friendshipRawPayload (id) { return friendships[id] }
  async friendshipAccept (id) { accepted.push(id) }
  async roomInvitationRawPayload (id) { return invitations[id] }
  async roomInvitationAccept (id) { accepted.push(id) }
}
for (const name of ['messagePayload', 'contactPayload', 'roomPayload', 'roomMemberPayload', 'roomMemberList', 'start', 'stop']) {
  const original = Puppet.prototype[name]
  Puppet.prototype[name] = function (...args) { calls[name] = (calls[name] || 0) + 1; return original.apply(this, args) }
}

// The stream of the listening client, for events that no puppet would send.
let stream
const addService = grpc.Server.prototype.addService
grpc.Server.prototype.addService = function (service, handlers) {
  if (handlers.event) {
    const event = handlers.event
    handlers = { ...handlers, event: call => { stream = call; return event(call) } }
  }
  return addService.call(this, service, handlers)
}

// ---- the small world, made anew by each Start of a client unless it is there
const mocker = new mock.Mocker()
const contact = id => mocker.ContactMock.load(id)
const room = id => mocker.RoomMock.load(id)
const addContact = (id, name) =>
  mocker.cacheContactPayload.has(id) || mocker.createContact({ id, name, alias: '', phone: [], type: PUPPET.types.Contact.Individual, friend: true })
const addRoom = (id, topic) =>
  mocker.cacheRoomPayload.has(id) || mocker.createRoom({ id, topic, ownerId: 'wxid_grid', memberIdList: Object.keys(CONTACTS) })
const furnish = () => {
  for (const [id, name] of Object.entries(CONTACTS)) addContact(id, name)
  for (const [id, topic] of Object.entries(ROOMS)) addRoom(id, topic)
}
furnish()
mocker.use(({ puppet }) => {
  if (!puppet.isLoggedIn && !loggedOut) mocker.login(contact(botId))
  return () => {}
})
const puppet = new Puppet({ mocker, timeoutSeconds: Number(process.env.WATCHDOG_S || 3600) })
puppet.on('error', () => {}) // the watchdog's: passed on to the client as an event

const tls = TLS_CERT === 'built-in' ? {} : TLS_CERT ? { serverCert: fs.readFileSync(TLS_CERT), serverKey: fs.readFileSync(TLS_KEY) } : { disable: true }
const server = new PuppetServer({ endpoint: `127.0.0.1:${PORT}`, puppet, token: TOKEN, tls })
await server.start()
await puppet.start()

// ---- what tests may do
function hear ({ id = newId('in'), from = 'wxid_zhang', room: roomId = '3@chatroom', to, text = '你好', mentions, type = TEXT, at = Date.now(), fault, filename }) {
  if (fault) faults.set(id, { ...fault })
  mocker.cacheMessagePayload.set(id, {
    id, talkerId: from, timestamp: at, type, text, filename, ...(to ? { listenerId: to } : { roomId, mentionIdList: mentions }),
  })
  puppet.emit('message', { messageId: id })
  return id
}

const actions = {
  health: () => ({ loggedIn: puppet.isLoggedIn, listening: puppet.listenerCount('message'), calls }),
  sent: () => sent,
  accepted: () => accepted,
  hear: body => hear(body),
  burst: async ({ n, every = 0, rooms = Object.keys(ROOMS), ...rest }) => {
    const ids = []
    for (let i = 0; i < n; i++) {
      ids.push(hear({ ...rest, room: rooms[i % rooms.length], text: `${i}` }))
      if (every) await sleep(every)
      else if (i % 50 === 49) await new Promise(setImmediate)
    }
    return ids
  },
  emit: ({ name, payload }) => puppet.emit(name, payload),
  raw: ({ kind, payload }) => {
    const event = new grpcPuppet.EventResponse()
    event.setType(kind)
    event.setPayload(payload)
    return stream.write(event)
  },
  fault: ({ on, ...rule }) => faults.set(on, rule),
  topic: ({ room: roomId = '3@chatroom', topic }) => room(roomId).topic(topic).by(contact('wxid_grid')),
  join: ({ room: roomId = '3@chatroom', id, name }) => { addContact(id, name); room(roomId).add(contact(id)).by(contact('wxid_grid')) },
  members: ({ room: roomId, ids }) => { // who leaves by himself is not announced
    mocker.roomPayload(roomId).memberIdList = ids
    puppet.cache.room.delete(roomId)
  },
  alias: ({ room: roomId = '3@chatroom', id, alias }) => {
    aliases[`${roomId} ${id}`] = alias
    puppet.dirtyPayload(PUPPET.types.Dirty.RoomMember, `${id}@@@${roomId}`)
  },
  friend: ({ id, ...rest }) => { friendships[id] = { id, timestamp: Date.now(), ...rest }; puppet.emit('friendship', { friendshipId: id }) },
  invite: ({ id, ...rest }) => {
    invitations[id] = { id, timestamp: Date.now(), avatar: '', invitation: '', memberCount: 3, memberIdList: [], receiverId: botId, ...rest }
    puppet.emit('room-invite', { roomInvitationId: id })
  },
  logout: async () => { loggedOut = true; await puppet.logout('kicked by the phone') },
  login: ({ id = BOT }) => { botId = id; loggedOut = false; addContact(id, '小区助手'); mocker.login(contact(id)) },
  scan: ({ qrcode, status = 2 }) => mocker.scan(qrcode, status),
  hangup: () => stream.end(),
  mute: () => { puppet.removeAllListeners('dong') }, // the stream stands, but nothing comes through it
  reset: async () => {
    if (puppet.isLoggedIn && puppet.currentUserId !== BOT) await puppet.logout('reset')
    wipe()
    mocker.cacheMessagePayload.clear()
    for (const [id, topic] of Object.entries(ROOMS)) {
      Object.assign(mocker.roomPayload(id), { topic, memberIdList: Object.keys(CONTACTS) })
    }
    puppet.cache.room.clear()
    puppet.cache.roomMember.clear()
    if (!puppet.isLoggedIn) mocker.login(contact(BOT))
  },
}
http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    const answer = await actions[request.url.slice(1)](JSON.parse(Buffer.concat(chunks).toString() || '{}'))
    response.end(JSON.stringify(answer ?? null))
  } catch (error) {
    response.statusCode = 500
    response.end(JSON.stringify(String(error)))
  }
}).listen(CTRL_PORT, '127.0.0.1', () => console.log('gateway ready'))
process.on('unhandledRejection', error => console.error('unhandledRejection', error))
