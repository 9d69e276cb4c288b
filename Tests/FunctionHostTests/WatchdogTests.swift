import Testing

@testable import FunctionHost

@Suite("Watchdog")
struct WatchdogTests {
    @Test("counts looks without a new beat, and begins anew with each beat")
    func looks() {
        var looks = WatchLooks()
        for _ in 0..<5 { looks.look(beats: 0, isSick: false) }
        #expect(looks.withoutBeat == 5)
        looks.look(beats: 1, isSick: false)
        #expect(looks.withoutBeat == 0)
        looks.look(beats: 1, isSick: false)
        #expect(looks.withoutBeat == 1)
    }

    @Test("takes a process for sick that is so look after look")
    func sick() {
        var looks = WatchLooks()
        looks.look(beats: 1, isSick: true)
        looks.look(beats: 2, isSick: true)
        looks.look(beats: 3, isSick: false)
        looks.look(beats: 4, isSick: true)
        #expect(looks.sick == 1)
    }
}
