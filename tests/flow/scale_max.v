// Fixture core: y[c] = max over the pixels of clamp((x[c] * w[c]) >>> 4), a map of 3 channels, 2 rows, 3 columns.
//
// Two layers: the scaling (every element read, multiplied, written back) and the maximum. Two elements a beat, so a
// pixel of 3 channels takes two beats with one element of padding. It loads the next frame only after its answer is out.

module scale_max (
    input  wire        aclk,
    input  wire        aresetn,
    input  wire [15:0] s_axis_tdata,
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    output wire [15:0] m_axis_tdata,
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    output wire        m_axis_tlast,
    output wire        layer_done,
    output wire        frame_start
);
    localparam BEATS = 12;
    localparam LOAD = 2'd0, SCALE = 2'd1, MAXIMUM = 2'd2, SEND = 2'd3;

    reg [1:0]  state;
    reg [3:0]  beat;        // the beat of the map being read or written
    reg        lane;        // the element of the beat
    reg [1:0]  channel;
    reg [2:0]  phase;       // the step of one element's reading, multiplying, writing
    reg [7:0]  held;        // the even element, until its word is complete
    reg signed [7:0] best0, best1, best2;

    wire [15:0] word;
    wire [15:0] weight;
    wire signed [7:0] element = lane ? word[15:8] : word[7:0];
    wire signed [15:0] first;
    wire signed [15:0] second;
    wire signed [15:0] product = first + second;
    wire signed [15:0] scaled = product >>> 4;
    wire signed [7:0] clamped = (scaled > 127) ? 8'sd127 : (scaled < -128) ? -8'sd128 : scaled[7:0];

    wire accept = s_axis_tvalid && s_axis_tready;
    wire last_lane = lane || channel == 2;      // the second beat of a pixel holds one element
    assign layer_done = (state == SCALE || state == MAXIMUM) && phase == 7 && last_lane && beat == BEATS - 1;
    wire write_back = state == SCALE && phase == 7 && last_lane;

    assign s_axis_tready = state == LOAD;
    assign frame_start = accept && beat == BEATS - 1;
    assign m_axis_tvalid = state == SEND;
    assign m_axis_tlast = beat == 1;
    assign m_axis_tdata = (beat == 0) ? {best1, best0} : {8'd0, best2};

    hwgen_ram #(.WIDTH(16), .DEPTH(BEATS), .ADDR_BITS(4)) map (
        .clk(aclk),
        .raddr(beat),
        .rdata(word),
        .wen(accept || write_back),
        .waddr(beat),
        .wdata((state == LOAD) ? s_axis_tdata : lane ? {clamped, held} : {8'd0, clamped})
    );

    hwgen_rom #(.WIDTH(16), .DEPTH(4), .ADDR_BITS(2), .INIT("mem/weights.mem")) weights (
        .clk(aclk),
        .addr(channel),
        .data(weight)
    );

    hwgen_mul #(.A_BITS(8), .B_BITS(8)) multiplier (
        .clk(aclk),
        .a(element),
        .b(weight[7:0]),
        .p(first),
        .q(second)
    );

    always @(posedge aclk) begin
        if (!aresetn) begin
            state <= LOAD;
            beat <= 0;
            lane <= 0;
            channel <= 0;
            phase <= 0;
        end else case (state)
            LOAD: if (accept) begin
                beat <= beat + 1;
                if (beat == BEATS - 1) begin
                    beat <= 0;
                    state <= SCALE;
                end
            end
            SCALE, MAXIMUM: begin
                phase <= phase + 1;
                if (phase == 7) begin
                    if (!lane) held <= clamped;
                    if (state == MAXIMUM) case (channel)
                        0: if (beat == 0 || element > best0) best0 <= element;
                        1: if (beat == 0 || element > best1) best1 <= element;
                        default: if (beat == 1 || element > best2) best2 <= element;
                    endcase
                    lane <= !last_lane;
                    channel <= (channel == 2) ? 0 : channel + 1;
                    if (last_lane) begin
                        beat <= beat + 1;
                        if (beat == BEATS - 1) begin
                            beat <= 0;
                            state <= (state == SCALE) ? MAXIMUM : SEND;
                        end
                    end
                end
            end
            SEND: if (m_axis_tready) begin
                beat <= beat + 1;
                if (m_axis_tlast) begin
                    beat <= 0;
                    state <= LOAD;
                end
            end
        endcase
    end
endmodule
