import Messaging
import Testing

@Suite("WaitingRoom", .timeLimit(.minutes(1)))
struct WaitingRoomTests {
    private let room = WaitingRoom<String>()

    @Test("A wake between entering and waiting is not missed")
    func early() async {
        let place = room.enter("a")
        room.wake("a")
        await room.wait(in: place)
        room.leave(place, passesOn: false)
        #expect(room.keys.isEmpty)
    }

    @Test("One who leaves without looking passes the wake on")
    func passedOn() async {
        let (first, second) = (room.enter("a"), room.enter("a"))
        room.wake("a")
        room.leave(first, passesOn: true)
        await room.wait(in: second)
        room.leave(second, passesOn: true)
        #expect(room.keys.isEmpty)
    }

    @Test("A wake is for the first who is not woken yet")
    func order() async {
        let (first, second) = (room.enter("a"), room.enter("a"))
        async let waits: Void = room.wait(in: first)
        room.wake("a")
        room.wake("a")
        await waits
        await room.wait(in: second)
        #expect(room.keys == ["a"])
    }

    @Test("Nobody waits in a closed room or a cancelled task, or beyond an instant")
    func ends() async {
        let place = room.enter("a")
        await room.wait(in: place, until: ContinuousClock.now, clock: ContinuousClock())
        let cancelled = Task { [room] in await room.wait(in: place) }
        cancelled.cancel()
        await cancelled.value
        room.close()
        await room.wait(in: room.enter("b"))
        #expect(room.keys == ["a", "b"])
    }
}
